"""Model endpoints, the one retry loop, the offline script and usage."""
