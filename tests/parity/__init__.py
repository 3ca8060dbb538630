"""Each test here runs twice: on the standard library and on ropewalk."""
