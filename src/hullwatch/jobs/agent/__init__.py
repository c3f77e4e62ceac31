"""The job of ``hullwatch agent``: an osquery configuration's queries on their schedule, file events meanwhile, osqueryd's logs."""

from .life import check_agent, run_agent

__all__ = ["check_agent", "run_agent"]
