"""Facts to findings. Pure."""
