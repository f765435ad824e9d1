"""Rewrites the end of DatabaseCache._base_set in a copy of Django: one statement that carries its condition.

    fix_django.py PATH/TO/django/core/cache/backends/db.py

`touch` becomes one UPDATE, `set` one upsert, `add` one upsert that only replaces what has expired. How many rows it
changed is the answer, so nothing is looked up before and nobody can come in between. And a full table is thinned out by
conditions only: with CULL_FREQUENCY = 0 it is no longer emptied under somebody who has just been told "stored".
"""

import sys

BODY = '''
            exp = connection.ops.adapt_datetimefield_value(exp)
            if mode == "touch":
                cursor.execute("UPDATE %s SET expires = %%s WHERE cache_key = %%s" % table, [exp, key])
            elif mode == "set":
                cursor.execute(
                    "INSERT INTO %s (cache_key, value, expires) VALUES (%%s, %%s, %%s) "
                    "ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires" % table,
                    [key, b64encoded, exp],
                )
            else:
                cursor.execute(
                    "INSERT INTO %s AS old (cache_key, value, expires) VALUES (%%s, %%s, %%s) "
                    "ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires "
                    "WHERE old.expires < %%s" % table,
                    [key, b64encoded, exp, connection.ops.adapt_datetimefield_value(now)],
                )
            return cursor.rowcount == 1
'''

CULL = [
    ("        if self._cull_frequency == 0:\n            self.clear()\n        else:\n", "        if True:\n"),
    ("if remaining_num > self._max_entries:", "if self._cull_frequency and remaining_num > self._max_entries:"),
]


def main(path):
    with open(path) as file:
        text = file.read()
    start = text.index("            try:\n", text.index("def _base_set("))
    end = text.index("    def delete(", start)
    text = text[:start].rstrip() + "\n" + BODY + "\n" + text[end:]
    for old, new in CULL:
        assert old in text, "this is not the Django that the fix is for"
        text = text.replace(old, new)
    with open(path, "w") as file:
        file.write(text)


main(*sys.argv[1:])
