"""Tests of what pip installs: nothing here asks a network, or compiles Rust."""
