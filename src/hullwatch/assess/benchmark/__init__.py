"""The CIS Docker Benchmark, one function per check."""
