"""Money: what stored usage costs at the prices of the settings, and the budget that a run keeps."""
