"""Tests of hang reports: the signal, the watchdog, the function."""
