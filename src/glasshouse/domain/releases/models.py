# SPDX-License-Identifier: Apache-2.0
"""Rows of releases. No path and no digest of a file stands here: they are in the store's sealed manifests."""

from typing import ClassVar

from django.db import models

from glasshouse.domain.people.models import UID


class Product(models.Model):
    """Something a vendor ships. Its slug names it in commands and addresses, `reading` says what is on for readers."""

    uid = models.CharField(max_length=UID, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)
    reading = models.CharField(max_length=40, blank=True, default="")

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


class Reliance(models.Model):
    """What a conclusion of a room above rests on: one file of a release, some lines of it, or the whole release.

    `kind` and `subject` name the conclusion, `path` is the file's opaque id and empty for the whole release; what the
    digests are of is sealed in `place`. A conclusion with several rows stands while each of them does.
    """

    uid = models.CharField(max_length=UID, unique=True)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="reliances")
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=UID)
    path = models.BinaryField(max_length=16)
    place = models.BinaryField()
    written_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Looked up by conclusion, and by release when another one comes."""

        indexes: ClassVar = [models.Index(fields=["kind", "subject"], name="releases_reliance_of")]

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid


class Outcome(models.TextChoices):
    """What a newer release leaves of a conclusion."""

    STANDS = "stands", "stands"
    MOVED = "moved", "stands, elsewhere"
    LAPSED = "lapsed", "lapsed"


class Reason(models.TextChoices):
    """Why a conclusion lapsed, or that nothing made it."""

    NONE = "", "unchanged"
    CHANGED = "changed", "its lines changed"
    REMOVED = "removed", "its file is gone"
    OTHER_RELEASE = "release", "it was on the whole release, which changed"
    NOT_COMPARED = "not-compared", "its file changed, and cannot be compared by lines"


class Judgement(models.Model):
    """What one newer release leaves of one reliance; written once, when that release came. `place` is sealed."""

    reliance = models.ForeignKey(Reliance, on_delete=models.PROTECT, related_name="judgements")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.CharField(max_length=16, choices=Reason, blank=True, default="")
    lines = models.BigIntegerField(default=0)
    place = models.BinaryField()
    judged_at = models.DateTimeField()

    class Meta:
        """A reliance is judged once a release; only what lapsed has a reason."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reliance", "release"], name="releases_judged_once"),
            models.CheckConstraint(
                condition=models.Q(outcome="lapsed") ^ models.Q(reason=""), name="releases_lapse_has_reason"
            ),
        ]

    def __str__(self) -> str:
        """Return the outcome."""
        return self.outcome


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
