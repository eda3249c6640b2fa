"""Several people and several machines at once: exactly one outcome, nothing lost, nothing doubled."""
