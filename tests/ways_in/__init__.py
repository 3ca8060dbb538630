"""Tests of the ways in: every program here runs in a process of its own."""
