"""hullwatch: continuous security scanning for containers and the hosts below them."""

__version__ = "0.1.0"
