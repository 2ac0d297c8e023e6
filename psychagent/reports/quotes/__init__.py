"""Each scale's best and worst item with its quotes, and the transcripts that these link to."""
