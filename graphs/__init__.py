"""The graphs that `langgraph dev` serves: one short file each."""
