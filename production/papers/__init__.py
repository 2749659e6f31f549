"""Papers of production: what each of them says, gathered from the records in a few queries, however large the batch is."""
