"""The built-in index and catalogues pass the suites that are shipped for others."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from media_pipeline import duplicates, testing
from media_pipeline.known_pictures import IndexVersion, ProductLikeness
from media_pipeline.similarity import ProductIndex, vector_to_bytes

from .test_product_search import Shelf


class TestExactIndex(testing.ProductIndexContract):
    """In memory, as the command uses it."""

    def make_index(self, rows, *, model, length):
        vectors = np.array([vector for _, vector in rows], np.float32)
        return ProductIndex(
            model=model,
            keys=tuple(key for key, _ in rows),
            vectors=vectors.reshape(len(rows), length),
        )


@pytest.mark.django_db
class TestIndexOfRows(testing.ProductIndexContract):
    """The setting's default, as workers use it."""

    @pytest.fixture(autouse=True)
    def afresh(self):
        duplicates.forget()
        yield
        duplicates.forget()

    def make_index(self, rows, *, model, length):
        ProductLikeness.objects.all().delete()
        for number, (key, vector) in enumerate(rows):
            ProductLikeness.objects.create(
                key=key,
                reference=str(number),
                pixels_sha256="0" * 64,
                hashes=bytes(32),
                model=model,
                vector=vector_to_bytes(vector),
            )
        IndexVersion.count_change(IndexVersion.Name.CATALOGUE)
        return duplicates.product_index(embedder_name=model, length=length)


class TestShelf(testing.ListedPicturesContract):
    def make_catalogue(self):
        return Shelf()


def test_every_suite_is_in_testing():
    from media_pipeline.backends import contract, search_contract

    suites = {
        name
        for module in (contract, search_contract)
        for name in vars(module)
        if name.endswith("Contract")
    }

    assert suites == {name for name in testing.__all__ if name.endswith("Contract")}
    assert all(getattr(testing, name).__name__ == name for name in suites)
    assert suites <= set(dir(testing))
    with pytest.raises(AttributeError, match="NoSuchContract"):
        _ = testing.NoSuchContract


def test_testing_needs_neither_settings_nor_pytest():
    ask = (
        "import sys; import media_pipeline.testing as t;"
        "assert 'numpy' not in sys.modules;"
        "[getattr(t, name) for name in t.__all__];"
        "assert not {'django', 'pytest'} & set(sys.modules), sys.modules.keys()"
    )

    subprocess.run([sys.executable, "-c", ask], check=True, timeout=120)
