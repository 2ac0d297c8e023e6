"""Sessions for people to rate: drawn, made blind, packed, and read again with their key."""
