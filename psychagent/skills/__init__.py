"""The skill library, its FAISS index and retrieval."""
