"""Neutron back end without agents, for tests of API clients."""
