"""Lookups that Django lacks."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, ForeignObject, Lookup
from django.db.models.sql.compiler import SQLCompiler


@ForeignObject.register_lookup
@Field.register_lookup
class AnyOf(Lookup[Any]):
    """`pk__any_of=keys`: as `in`, for integer keys by the thousand.

    All of them are one parameter, an array as PostgreSQL writes it; of `in` each is one, and the driver takes longer over them than
    the database, as it does over the members of a list.
    """

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        keys = ",".join([str(key) for key in self.rhs if key is not None])
        return f"{column} = ANY(%s::bigint[])", (*parameters, f"{{{keys}}}")
