"""The lender's electronic seal on PDF files: PAdES (ETSI EN 319 142) by an EC P-256 key under the lender's own root.

On first start a root and a seal certificate are made under the keys folder. A lender with a certificate of its own puts
`seal_key.pem`, `seal_cert.pem` and `ca_cert.pem` there instead. PyHanko is imported on first use.
"""

from __future__ import annotations

import fcntl
import logging
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FIELD = "LenderSeal"
# A contract outlives its loan by the retention period; there is no time-stamping authority to extend a short life.
_SEAL_YEARS = 25
_CA_YEARS = 30
# The demo's past is sealed too, so certificates begin before the day they are made.
_BACKDATED = timedelta(days=5 * 365)


@dataclass(frozen=True, slots=True)
class SealKeys:
    """The files of the seal. The root certificate is public: hand it to whoever must check contracts elsewhere."""

    folder: Path

    @property
    def ca_cert(self) -> Path:
        """The root that makes a seal ours."""
        return self.folder / "ca_cert.pem"

    @property
    def seal_cert(self) -> Path:
        """The certificate of the seal."""
        return self.folder / "seal_cert.pem"

    @property
    def seal_key(self) -> Path:
        """Its private key, readable by its owner only."""
        return self.folder / "seal_key.pem"


@dataclass(frozen=True, slots=True)
class Verification:
    """What a PDF's seal says.

    `intact`: no byte is changed. `valid`: the signature fits the certificate. `trusted`: the certificate
    leads to the lender's root. `whole`: nothing was appended after sealing. `ours`: all four. `signed_at` is what the
    seal claims. `problem` is a stable word: not_pdf, no_seal, changed, foreign, appended, unreadable; None when ours.
    """

    found: bool = False
    intact: bool = False
    valid: bool = False
    trusted: bool = False
    whole: bool = False
    signer: str | None = None
    signed_at: datetime | None = None
    reason: str | None = None
    certificate_sha256: str | None = None
    problem: str | None = None

    @property
    def ours(self) -> bool:
        """Sealed by this lender and unchanged since."""
        return self.found and self.intact and self.valid and self.trusted and self.whole


def seal_keys(folder: Path, *, lender: str, at: datetime) -> SealKeys:
    """The seal's files in `folder`, made if they are not there yet. Safe when several processes start at once.

    The root's private key is not kept: it signs the seal's certificate once and is gone.
    """
    keys = SealKeys(folder)
    if keys.seal_cert.exists():
        return keys
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released by the kernel if this process dies
        if not keys.seal_cert.exists():
            _make_keys(keys, lender, at)
    return keys


def seal_pdf(pdf: bytes, keys: SealKeys, *, at: datetime, reason: str, location: str | None = None) -> bytes:
    """The PDF with an invisible certification seal that allows no later change. `at` is an aware instant."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    class PdfSignerAt(signers.PdfSigner):
        """Signs at the moment it is told, not at the machine's."""

        def init_signing_session(self, pdf_out: Any, existing_fields_only: bool = False) -> Any:
            session = super().init_signing_session(pdf_out, existing_fields_only)
            session.system_time = at
            return session

    meta = signers.PdfSignatureMetadata(
        field_name=FIELD,
        reason=reason,
        location=location,
        md_algorithm="sha256",
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        subfilter=fields.SigSeedSubFilter.PADES,
    )
    signer = PdfSignerAt(meta, _signer(keys), new_field_spec=fields.SigFieldSpec(FIELD))
    out = BytesIO()
    signer.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), output=out)
    return out.getvalue()


def verify_pdf(pdf: bytes, keys: SealKeys, *, at: datetime) -> Verification:
    """Whether the PDF carries our seal and is unchanged. Never raises for a bad file; see `Verification.problem`."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    if not pdf.startswith(b"%PDF-"):
        return Verification(problem="not_pdf")
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=False)
        seals = list(reader.embedded_signatures)
        if not seals:
            return Verification(problem="no_seal")
        return _verify_seal(pdf, seals[-1], keys, at)
    except Exception:  # noqa: BLE001  a hostile or torn file may break the parser in any way; none of them is our seal
        return Verification(problem="unreadable")


def _verify_seal(pdf: bytes, seal: Any, keys: SealKeys, at: datetime) -> Verification:
    from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    # A foreign seal is an answer here, not an event worth a stack trace.
    logging.getLogger("pyhanko.sign.validation.generic_cms").setLevel(logging.CRITICAL)
    root = _asn1_certificate(keys.ca_cert)
    context = ValidationContext(trust_roots=[root], moment=at, allow_fetching=False, revocation_mode="soft-fail")
    status = validate_pdf_signature(seal, signer_validation_context=context)
    whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    intact = bool(status.intact) and (not status.trusted or _hole_is_untouched(pdf, seal))
    problem = None
    if not (intact and status.valid):
        problem = "changed"
    elif not status.trusted:
        problem = "foreign"
    elif not whole:
        problem = "appended"
    certificate = status.signing_cert
    name = certificate.subject.native
    return Verification(
        found=True,
        intact=intact,
        valid=bool(status.valid),
        trusted=bool(status.trusted),
        whole=whole,
        signer=str(name.get("common_name") or certificate.subject.human_friendly),
        signed_at=status.signer_reported_dt,
        reason=str(seal.sig_object.get("/Reason")) if "/Reason" in seal.sig_object else None,
        certificate_sha256=certificate.sha256.hex(),
        problem=problem,
    )


def _hole_is_untouched(pdf: bytes, seal: Any) -> bool:
    """No signature covers the bytes it is written in; they are built again from what was verified and compared.

    The certificate inside is bound by the signed attribute signing-certificate-v2 (RFC 5035), which pyHanko checks.
    """
    from asn1crypto import cms
    from asn1crypto.x509 import Certificate

    start, length, resume, _ = seal.byte_range
    info = seal.signed_data["signer_infos"][0]
    certificate = Certificate.load(seal.signer_cert.dump())
    sha256 = {"algorithm": "sha256"}
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
            ),
            "digest_algorithm": sha256,
            "signed_attrs": info["signed_attrs"].untag(),
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": info["signature"].native,
        }
    )
    built = cms.ContentInfo(
        {
            "content_type": "signed_data",
            "content": {
                "version": "v1",
                "digest_algorithms": [sha256],
                "encap_content_info": {"content_type": "data"},
                "certificates": [certificate],
                "signer_infos": [signer],
            },
        }
    ).dump()
    hole = pdf[start + length : resume]
    return hole == b"<" + built.hex().upper().encode().ljust(len(hole) - 2, b"0") + b">"


# ---------------------------------------------------------------- keys


def _make_keys(keys: SealKeys, lender: str, at: datetime) -> None:
    begin = at - _BACKDATED
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = _name(lender, "root")
    ca = (
        _certificate(ca_name, ca_name, ca_key.public_key(), begin, at + timedelta(days=365 * _CA_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    seal = (
        _certificate(_name(lender, "seal"), ca_name, key.public_key(), begin, at + timedelta(days=365 * _SEAL_YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(keys.seal_key, secret, 0o600)
    _write(keys.ca_cert, ca.public_bytes(pem), 0o644)
    _write(keys.seal_cert, seal.public_bytes(pem), 0o644)  # last: its presence says that all are there


def _certificate(
    subject: x509.Name, issuer: x509.Name, public_key: Any, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )


def _name(lender: str, what: str) -> x509.Name:
    # X.520 allows 64; counted in bytes here, so that names in Chinese characters fit.
    def short(length: int) -> str:
        return lender.encode()[:length].decode(errors="ignore")

    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, short(64)),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{short(58)} {what}"),
        ]
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca, content_commitment=not ca, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _write(path: Path, data: bytes, mode: int) -> None:
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _signer(keys: SealKeys) -> Any:
    from pyhanko.keys import load_private_key_from_pemder_data
    from pyhanko.sign import signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    store = SimpleCertificateStore()
    store.register(_asn1_certificate(keys.ca_cert))
    return signers.SimpleSigner(
        signing_cert=_asn1_certificate(keys.seal_cert),
        signing_key=load_private_key_from_pemder_data(keys.seal_key.read_bytes(), passphrase=None),
        cert_registry=store,
        embed_roots=False,
    )


def _asn1_certificate(path: Path) -> Any:
    from pyhanko.keys import load_cert_from_pemder

    return load_cert_from_pemder(str(path))
