from neutron_lib.db import api
from oslo_db import exception as db_exc

from .models import Binding


def ensure_row(context, key):  # safe
    row = context.session.query(Binding).filter_by(key=key).first()
    if row:
        return row
    try:
        with api.CONTEXT_WRITER.using(context):
            row = Binding(key=key)
            context.session.add(row)
            return row
    except db_exc.DBDuplicateEntry:
        return context.session.query(Binding).filter_by(key=key).one()


def ensure_row_or_fail(context, key):  # race
    row = context.session.query(Binding).filter_by(key=key).first()
    if row:
        return row
    try:
        with api.CONTEXT_WRITER.using(context):
            row = Binding(key=key)
            context.session.add(row)
            return row
    except db_exc.DBDeadlock:
        return context.session.query(Binding).filter_by(key=key).one()
