"""Changes of files, live: inotify over the directories that patterns mean, and reading again where inotify alone would miss something."""

from .live import FileWatch

__all__ = ["FileWatch"]
