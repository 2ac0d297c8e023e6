"""Files, names and shells of others: what is damaged, misnamed or gone is named, and nothing is lost."""
