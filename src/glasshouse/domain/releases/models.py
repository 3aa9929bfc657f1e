# SPDX-License-Identifier: Apache-2.0
"""Rows of releases. No path and no digest of a file stands here: they are in the store's sealed manifests."""

from typing import ClassVar

from django.db import models

from glasshouse.domain.people.models import UID


class Product(models.Model):
    """Something a vendor ships. Its slug names it in commands and addresses."""

    uid = models.CharField(max_length=UID, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Return the slug."""
        return self.slug


class Release(models.Model):
    """One frozen manifest of a product. There is no `state`: a release exists whole or not at all."""

    uid = models.CharField(max_length=UID, unique=True)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="releases")
    version = models.CharField(max_length=80)
    root = models.BinaryField(max_length=32)
    files = models.BigIntegerField()
    bytes = models.BigIntegerField()
    lines = models.BigIntegerField()
    left_out = models.BigIntegerField()
    leaves = models.BigIntegerField()
    imported_at = models.DateTimeField()

    class Meta:
        """A version is given once; releases are listed as they came."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["product", "version"], name="releases_version_once")]
        ordering: ClassVar = ["product__slug", "imported_at", "pk"]

    def __str__(self) -> str:
        """Return product and version."""
        return f"{self.product} {self.version}"


class SymbolIndex(models.Model):
    """What a vendor's own build told of a release's symbols, by digest. The index itself rests sealed, in `pack`."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="symbol_indexes")
    digest = models.BinaryField(max_length=32)
    pack = models.CharField(max_length=80)
    documents = models.BigIntegerField()
    mentions = models.BigIntegerField()
    left_out_documents = models.BigIntegerField()
    foreign_documents = models.BigIntegerField()
    left_out_mentions = models.BigIntegerField()
    imported_at = models.DateTimeField()

    class Meta:
        """An index is taken in once for a release; the newest answers first."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["release", "digest"], name="releases_symbols_once")]
        ordering: ClassVar = ["-imported_at", "-pk"]

    def __str__(self) -> str:
        """Return whose it is."""
        return f"symbols of {self.release}"
