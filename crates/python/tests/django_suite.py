"""Runs Django's own cache tests (from its source distribution) against `TruthfulCache`.

Usage: python django_suite.py FOLDER_WITH_DJANGO_TESTS WORK_FOLDER
"""

import sys
import unittest

import django
from django.conf import settings

TESTS, WORK = sys.argv[1:3]
sys.path.insert(0, TESTS)

settings.configure(
    SECRET_KEY="tests",
    USE_TZ=False,
    INSTALLED_APPS=["cache"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    MIDDLEWARE=[],
    ROOT_URLCONF="cache.tests",
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
)
django.setup()

from cache import tests as theirs  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import TestCase, override_settings  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402


@override_settings(
    CACHES=theirs.caches_setting_for_tests(
        BACKEND="amorsize.django.TruthfulCache", LOCATION=f"{WORK}/django.sqlite"
    )
)
class TruthfulCacheTests(theirs.BaseCacheTests, TestCase):
    """Everything that Django asks of every backend."""


@override_settings(CACHES={"default": {"BACKEND": "amorsize.django.TruthfulCache", "LOCATION": f"{WORK}/async.sqlite"}})
class AsyncTests(TestCase):
    async def test_the_async_face_is_there(self):
        await cache.aset("one", 1)
        self.assertEqual(await cache.aincr("one"), 2)
        self.assertEqual(await cache.aget_or_set("two", lambda: 2), 2)


if __name__ == "__main__":
    setup_test_environment()
    call_command("migrate", run_syncdb=True, verbosity=0)
    loader = unittest.TestLoader()
    suite = unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in (TruthfulCacheTests, AsyncTests))
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    sys.exit(not result.wasSuccessful())
