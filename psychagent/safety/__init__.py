"""The safety gate's data: rules that hear danger, texts and resources to answer it with; asks no model."""
