"""The package that `futures` lies in, as in the standard library."""
