"""The smallest true use of a library each: a program that prints what it saw."""
