"""Seals: nobody changes, removes, slips in or swaps a record unnoticed, whatever rights he has in the database.

Rows of every append-only table, and of every history table, are sealed in blocks. A seal keeps the hash of each row and is bound to
the seal before it by that one's hash, so that the seals of all tables form one chain; to hide a change one would have to make every
later seal anew, and the newest hash, noted elsewhere, would still tell.

Nobody waits for sealing. A run first marks how far each table's keys have been given out, and which transactions may still be
writing; a later run seals up to that mark once all of those are over (`pg_snapshot_xmin`). What has such a key then is there for good,
so that a row which turns up later was slipped in.

Facts past their retention may go, by a recorded act (`Forgetting`); everything else that is sealed stays.
"""

from mes.core.sealing.fault import Fault
from mes.core.sealing.seal import Sealed, seal_records, sealed_models
from mes.core.sealing.verify import verify_records

__all__ = ["Fault", "Sealed", "seal_records", "sealed_models", "verify_records"]
