"""Skill library, FAISS index and retrieval."""
