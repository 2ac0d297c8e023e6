"""Measure retrieval on gold moments."""
