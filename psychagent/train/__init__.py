"""Fine-tuning on an export. Needs the extra `train`."""
