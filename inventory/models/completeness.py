"""What the database itself promises of the genealogy, whoever writes a move.

Stock enters and leaves only over the edges that a move's kind names, so nothing comes in that was neither received nor made nor declared.
"""

from collections.abc import Sequence

import pgtrigger

# A reversal goes the opposite way of the very move that it undoes; it brings back no more than is there either.
_KEEPS_TO_ITS_KIND = """
    SELECT CASE WHEN is_real THEN 'real' ELSE kind END INTO from_kind FROM inventory_location WHERE id = NEW.source_id;
    IF from_kind = 'customer' AND NEW.quantity > coalesce((
        SELECT quantity FROM inventory_balance WHERE lot_id = NEW.lot_id AND location_id = NEW.source_id
    ), 0) THEN
        RAISE EXCEPTION 'more comes back from customers than was shipped';
    END IF;
    IF NEW.reverses_id IS NOT NULL THEN
        IF NOT EXISTS (
            SELECT FROM inventory_move undone
            WHERE undone.id = NEW.reverses_id AND undone.lot_id = NEW.lot_id AND undone.quantity = NEW.quantity
            AND undone.kind = NEW.kind AND undone.source_id = NEW.destination_id AND undone.destination_id = NEW.source_id
            AND undone.reverses_id IS NULL AND undone.transformation_id IS NOT DISTINCT FROM NEW.transformation_id
        ) THEN
            RAISE EXCEPTION 'a reversal is the opposite of the move that it reverses';
        END IF;
        RETURN NEW;
    END IF;
    SELECT CASE WHEN is_real THEN 'real' ELSE kind END INTO to_kind FROM inventory_location WHERE id = NEW.destination_id;
    IF (NEW.kind, from_kind, to_kind) NOT IN (
        ('receipt', 'supplier', 'real'), ('issue', 'real', 'production'), ('output', 'production', 'real'),
        ('transfer', 'real', 'real'), ('shipment', 'real', 'customer'), ('return', 'real', 'supplier'),
        ('return', 'customer', 'real'), ('scrap', 'real', 'scrap'), ('adjustment', 'real', 'adjustment'),
        ('adjustment', 'adjustment', 'real')
    ) THEN
        RAISE EXCEPTION 'a % does not go from % to %', NEW.kind, from_kind, to_kind;
    END IF;
    RETURN NEW;
"""

# Both walks go over lots reached once, and only where the lot made has been used before: that of a new lot is one look-up.
_MAKES_NO_CIRCLE = """
    IF NEW.kind NOT IN ('issue', 'output') OR NEW.reverses_id IS NOT NULL THEN
        RETURN NEW;
    END IF;
    SELECT kind INTO act_kind FROM inventory_transformation WHERE id = NEW.transformation_id;
    FOR made IN
        SELECT NEW.lot_id AS lot_id WHERE NEW.kind = 'output'
        UNION SELECT lot_id FROM inventory_move WHERE NEW.kind = 'issue'
            AND transformation_id = NEW.transformation_id AND kind = 'output' AND reverses_id IS NULL
            AND NOT EXISTS (SELECT FROM inventory_move undone WHERE undone.reverses_id = inventory_move.id)
        UNION SELECT lot_id FROM inventory_transformation
            WHERE NEW.kind = 'issue' AND id = NEW.transformation_id AND lot_id IS NOT NULL
    LOOP
        IF act_kind <> 'rework' AND made.lot_id = NEW.lot_id AND (NEW.kind = 'issue' OR EXISTS (
            SELECT FROM inventory_move WHERE transformation_id = NEW.transformation_id AND kind = 'issue'
            AND lot_id = NEW.lot_id AND reverses_id IS NULL
            AND NOT EXISTS (SELECT FROM inventory_move undone WHERE undone.reverses_id = inventory_move.id)
        )) THEN
            RAISE EXCEPTION 'circular genealogy: lot % cannot be made of itself', NEW.lot_id;
        END IF;
        CONTINUE WHEN NOT EXISTS (
            SELECT FROM inventory_move WHERE lot_id = made.lot_id AND kind = 'issue'
            AND transformation_id IS DISTINCT FROM NEW.transformation_id
        );
        PERFORM pg_advisory_xact_lock(hashtext('inventory.genealogy'));
        IF EXISTS (
            WITH RECURSIVE older (lot_id) AS (
                SELECT CASE WHEN NEW.kind = 'issue' THEN NEW.lot_id END WHERE NEW.kind = 'issue'
                UNION SELECT lot_id FROM inventory_move WHERE NEW.kind = 'output'
                    AND transformation_id = NEW.transformation_id AND kind = 'issue' AND reverses_id IS NULL
                    AND lot_id <> NEW.lot_id
                    AND NOT EXISTS (SELECT FROM inventory_move undone WHERE undone.reverses_id = inventory_move.id)
                UNION
                SELECT used.lot_id FROM older
                JOIN LATERAL (
                    SELECT transformation_id FROM inventory_move WHERE lot_id = older.lot_id AND kind = 'output'
                    AND reverses_id IS NULL
                    AND NOT EXISTS (SELECT FROM inventory_move undone WHERE undone.reverses_id = inventory_move.id)
                    UNION SELECT id FROM inventory_transformation WHERE lot_id = older.lot_id
                ) act ON true
                JOIN inventory_move used ON used.transformation_id = act.transformation_id AND used.kind = 'issue'
                    AND used.reverses_id IS NULL
                    AND NOT EXISTS (SELECT FROM inventory_move undone WHERE undone.reverses_id = used.id)
            )
            SELECT FROM older WHERE lot_id = made.lot_id AND (NEW.kind = 'output' OR made.lot_id <> NEW.lot_id)
        ) THEN
            RAISE EXCEPTION 'circular genealogy: lot % would be made of what it went into', made.lot_id;
        END IF;
    END LOOP;
    RETURN NEW;
"""

_BEGINS_SOMEWHERE = """
    IF NEW.kind NOT IN ('receipt', 'output', 'adjustment')
    AND NOT EXISTS (SELECT FROM inventory_move WHERE lot_id = NEW.lot_id) THEN
        RAISE EXCEPTION 'a lot begins by a receipt, an output or an opening count, not by a %', NEW.kind;
    END IF;
    RETURN NEW;
"""

_SERIAL_STAYS_ONE = """
    IF (SELECT is_serial FROM inventory_lot WHERE id = NEW.lot_id) AND (
        SELECT sum(quantity) FROM inventory_balance WHERE lot_id = NEW.lot_id AND is_real
    ) > 1 THEN
        RAISE EXCEPTION 'a serial number is one piece';
    END IF;
    RETURN NULL;
"""


def _before(name: str, func: str, declare: Sequence[tuple[str, str]] = ()) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name, when=pgtrigger.Before, operation=pgtrigger.Insert, func=func, declare=list(declare) or None
    )


COMPLETE_GENEALOGY = [
    _before("keeps_to_its_kind", _KEEPS_TO_ITS_KIND, [("from_kind", "TEXT"), ("to_kind", "TEXT")]),
    _before("begins_somewhere", _BEGINS_SOMEWHERE),
    _before("makes_no_circle", _MAKES_NO_CIRCLE, [("made", "RECORD"), ("act_kind", "TEXT")]),
    # After the balances: triggers of one moment fire in the order of their names.
    pgtrigger.Trigger(
        name="stays_one_if_serial", when=pgtrigger.After, operation=pgtrigger.Insert, func=_SERIAL_STAYS_ONE
    ),
]
