"""Papers for customers: what each of them says, gathered from the records in a few queries, however many lots it tells of."""
