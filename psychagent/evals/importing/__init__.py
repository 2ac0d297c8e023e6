"""Dialogues in the files of others: lists of messages, ShareGPT, JSON lines of either, `Name: text`."""
