"""The server's door: resources below ``/api/v1``, pages, and the APIs of others in ``compat``."""
