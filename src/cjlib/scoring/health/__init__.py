"""Health by a scorecard: a plan from the definition, one kernel, and what follows from it."""
