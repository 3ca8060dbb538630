"""The programs; each fails by an exception, and says nothing when all is well."""
