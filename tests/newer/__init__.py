"""A Python whose standard library is not as we know it."""
