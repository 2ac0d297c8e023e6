"""The graphs (session, course, rollout, judge), their wiring, and their stream as typed events."""
