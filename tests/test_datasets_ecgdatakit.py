"""Files of other formats through ecgdatakit: written here, and known to the last sample."""

import binascii
import struct
import sys

import numpy as np
import pytest

from ecgclf.datasets import read_recordings, read_with_ecgdatakit
from test_datasets_wfdb import write

SAMPLES = np.random.default_rng(0).integers(-1500, 1500, (2, 500))


def write_edf(path, signals=(("ECG I", "uV", 250), ("ECG II", "uV", 250)), samples=SAMPLES, records=2):
    """Write EDF of data records of 1 s: a digital unit is 2.5 of the physical dimension, off by 10."""
    fields = [(name, 16) for name, _, _ in signals] + [("", 80)] * len(signals)
    fields += [(unit, 8) for _, unit, _ in signals] + [("-81910", 8)] * len(signals) + [("81927.5", 8)] * len(signals)
    fields += [("-32768", 8)] * len(signals) + [("32767", 8)] * len(signals) + [("", 80)] * len(signals)
    fields += [(str(n), 8) for _, _, n in signals] + [("", 32)] * len(signals)
    head = [("0", 8), ("X", 80), ("X", 80), ("01.02.20", 8), ("03.04.05", 8), (str(256 * (len(signals) + 1)), 8)]
    head += [("", 44), (str(records), 8), ("1", 8), (str(len(signals)), 4)]
    content = "".join(text.ljust(width) for text, width in [*head, *fields]).encode("ascii")
    for record in range(records):
        for row, (_, _, n) in zip(samples, signals, strict=True):
            content += row[record * n : (record + 1) * n].astype("<i2").tobytes()
    path.write_bytes(content)
    return path


AECG = """<?xml version="1.0" encoding="UTF-8"?>
<AnnotatedECG xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<id root="1.2.3"/><code code="93000"/>
<effectiveTime><low value="20200201030405"/><high value="20200201030407"/></effectiveTime>
<componentOf><timepointEvent><componentOf><subjectAssignment><subject><trialSubject>
<id root="1.2" extension="P1"/><subjectDemographicPerson><name>XX</name>
<administrativeGenderCode code="F"/></subjectDemographicPerson></trialSubject></subject></subjectAssignment>
</componentOf></timepointEvent></componentOf>
<component><series><code code="RHYTHM"/>
<component><sequenceSet>
<component><sequence><code code="TIME_ABSOLUTE"/><value xsi:type="GLIST_TS"><head value="20200201030405"/>
<increment value="{step}" unit="s"/></value></sequence></component>
{sequences}
</sequenceSet></component></series></component></AnnotatedECG>
"""
SEQUENCE = """<component><sequence><code code="MDC_ECG_LEAD_{name}"/><value xsi:type="SLIST_PQ">
<origin value="0" unit="uV"/><scale value="2.5" unit="uV"/><digits>{digits}</digits></value></sequence></component>
"""


def write_aecg(path, samples=SAMPLES, step="0.004"):
    rows = zip(("I", "II"), samples, strict=True)
    sequences = "".join(SEQUENCE.format(name=name, digits=" ".join(map(str, row))) for name, row in rows)
    path.write_text(AECG.format(step=step, sequences=sequences), encoding="utf-8")
    return path


def write_scp(path, samples=SAMPLES):
    """Write SCP-ECG without compression: pointers, patient, leads, rhythm data of 2,500 nV every 4,000 us."""
    patient = struct.pack("<BHB", 8, 1, 1) + struct.pack("<BHHB", 4, 3, 65, 1) + b"\xff\0\0"
    leads = bytes([len(samples), 4 + (len(samples) << 3)])
    leads += b"".join(struct.pack("<IIB", 1, samples.shape[1], code) for code in (1, 2))
    sizes = [2 * samples.shape[1]] * len(samples)
    rhythm = struct.pack("<HHBB", 2500, 4000, 0, 0) + struct.pack(f"<{len(sizes)}H", *sizes)
    rhythm += samples.astype("<i2").tobytes()
    bodies = {1: patient, 3: leads, 6: rhythm}
    sections, pointers, at = b"", b"", 6 + 16 + 12 * 10
    for number in range(1, 12):
        body = bodies.get(number, b"")
        length = len(body) + len(body) % 2 + 16 if body else 0
        pointers += struct.pack("<HII", number, length, at + 1 if body else 0)
        if body:
            sections += scp_section(number, body.ljust(length - 16, b"\0"))
            at += length
    first = struct.pack("<HII", 0, 16 + 120, 7)
    content = scp_section(0, first + pointers, b"SCPECG") + sections
    size = struct.pack("<I", len(content) + 6)
    path.write_bytes(struct.pack("<H", binascii.crc_hqx(size + content, 0xFFFF)) + size + content)
    return path


def scp_section(number, body, reserved=b"\0" * 6):
    content = struct.pack("<HIBB", number, len(body) + 16, 20, 20) + reserved + body
    return struct.pack("<H", binascii.crc_hqx(content, 0xFFFF)) + content


def write_dicom(path, samples=SAMPLES):
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, TwelveLeadECGWaveformStorage, generate_uid

    def code(value, scheme, meaning):
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
        return item

    channels = []
    for value, name in (("2:1", "Lead I"), ("2:2", "Lead II")):
        channel = Dataset()
        channel.ChannelSourceSequence = [code(value, "MDC", name)]
        channel.ChannelSensitivity, channel.ChannelSensitivityCorrectionFactor, channel.ChannelBaseline = (
            "2.5",
            "1",
            "0",
        )
        channel.ChannelSensitivityUnitsSequence = [code("uV", "UCUM", "microvolt")]
        channel.WaveformBitsStored = 16
        channels.append(channel)
    group = Dataset()
    group.WaveformOriginality, group.NumberOfWaveformChannels = "ORIGINAL", len(samples)
    group.NumberOfWaveformSamples, group.SamplingFrequency = samples.shape[1], "250"
    group.ChannelDefinitionSequence, group.MultiplexGroupLabel = channels, "RHYTHM"
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    group.WaveformData = samples.T.astype("<i2").tobytes()
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = TwelveLeadECGWaveformStorage, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    whole = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    whole.SOPClassUID, whole.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    whole.Modality, whole.PatientSex, whole.PatientAge = "ECG", "M", "071Y"
    whole.WaveformSequence = [group]
    whole.save_as(path)
    return path


@pytest.fixture
def ecgdatakit():
    return pytest.importorskip("ecgdatakit", reason="ecgdatakit is not installed (the extra ecgdatakit)")


@pytest.mark.parametrize(
    ("suffix", "writer", "offset", "about"),
    [
        ("edf", write_edf, 10.0, (None, None)),
        ("xml", write_aecg, 0.0, (None, "female")),
        ("scp", write_scp, 0.0, (65.0, "male")),
        ("dcm", write_dicom, 0.0, (71.0, "male")),
    ],
)
def test_voltages_to_the_last_sample(ecgdatakit, tmp_path, suffix, writer, offset, about):
    if suffix == "dcm":
        pytest.importorskip("pydicom")
    found = read_with_ecgdatakit(writer(tmp_path / f"one.{suffix}"))
    assert (found.record_names, found.lead_names, found.units) == (["one"], ["I", "II"], ["mV", "mV"])
    assert found.sampling_rate == 250.0
    assert found.data[0].dtype == np.float32
    np.testing.assert_allclose(found.data[0], (SAMPLES * 2.5 + offset) / 1000, rtol=1e-6, atol=1e-6)
    age, sex = about
    np.testing.assert_equal(found.metadata.age.item(), np.nan if age is None else age)
    assert found.metadata.sex.item() == sex
    assert found.metadata.Dx.item() is None
    assert "files, by ecgdatakit" in found.DESCR


def test_one_collection_of_different_formats(ecgdatakit, tmp_path):
    paths = [write_edf(tmp_path / "a.edf"), write_aecg(tmp_path / "b.xml", step="0.002")]
    with pytest.raises(ValueError, match=r"different sampling rates \(250 Hz: a; 500 Hz: b\)"):
        read_with_ecgdatakit(paths)
    found = read_with_ecgdatakit(paths, sampling_rate=250, leads="ii")
    assert [x.shape for x in found.data] == [(500,), (250,)]
    assert found.metadata.index.tolist() == ["a", "b"]


def test_signals_of_different_rates(ecgdatakit, tmp_path):
    """As in most EDF files that have anything beside the ECG."""
    signals = [("ECG I", "uV", 250), ("SpO2", "%", 1), ("EDF Annotations", "", 20)]
    samples = [SAMPLES[0], np.array([98, 97]), np.zeros(40, dtype=int)]
    path = write_edf(tmp_path / "a.edf", signals, samples)
    with (
        pytest.warns(UserWarning, match=r"a\.edf: .*not in a voltage unit"),
        pytest.raises(
            ValueError, match=r"a\.edf has signals of different rates or lengths: I \(500 at 250 Hz\), SpO2 \(2"
        ),
    ):
        read_with_ecgdatakit(path)
    with pytest.warns(UserWarning, match=r"a\.edf: "):
        found = read_with_ecgdatakit(path, leads=["I"])
    np.testing.assert_allclose(found.data[0], (SAMPLES[0] * 2.5 + 10) / 1000, rtol=1e-6, atol=1e-6)
    with (
        pytest.warns(UserWarning, match=r"a\.edf: "),
        pytest.raises(ValueError, match=r"a\.edf has signals of different rates"),
    ):
        read_with_ecgdatakit(path, leads=["V1"])


def test_a_rate_that_is_no_whole_number(ecgdatakit, tmp_path):
    path = write_edf(tmp_path / "a.edf")
    # Two data records of 1.5 s in place of 1 s.
    content = bytearray(path.read_bytes())
    content[244:252] = b"1.5     "
    path.write_bytes(content)
    assert read_with_ecgdatakit(path).sampling_rate == pytest.approx(250 / 1.5)


def test_signals_without_a_scale_are_refused(ecgdatakit, tmp_path):
    path = write_edf(tmp_path / "a.edf", [("ECG I", "", 250)], SAMPLES[:1])
    with (
        pytest.warns(UserWarning, match=r"a\.edf: .*raw ADC"),
        pytest.raises(ValueError, match=r"a\.edf does not say how many ADC units of I are a volt"),
    ):
        read_with_ecgdatakit(path)


def test_what_ecgdatakit_warns_of_is_passed_on(ecgdatakit, tmp_path):
    path = write_edf(tmp_path / "a.edf", records=2)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.warns(UserWarning, match=r"a\.edf: EDF file truncated"):
        assert read_with_ecgdatakit(path).data[0].shape == (2, 250)


@pytest.mark.parametrize("content", [b"", b"\0" * 500, b"0       " + b" " * 400, b"<AnnotatedECG", b"plain text"])
def test_what_is_no_recording_is_named(ecgdatakit, tmp_path, content):
    (tmp_path / "a.bin").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.bin"):
        read_with_ecgdatakit(tmp_path / "a.bin")
    good = write_aecg(tmp_path / "b.xml")
    with pytest.warns(UserWarning, match=r"a\.bin is left out"):
        found = read_with_ecgdatakit([tmp_path / "a.bin", good], on_error="warn")
    assert found.record_names == ["b"]
    assert list(found.errors) == [str(tmp_path / "a.bin")]


def test_entities_of_xml_are_not_expanded(ecgdatakit, tmp_path):
    path = write_aecg(tmp_path / "a.xml")
    text = path.read_text().replace("?>\n", '?>\n<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n', 1)
    path.write_text(text.replace("P1", "&e;"))
    with pytest.raises(ValueError, match=r"a\.xml cannot be read by ecgdatakit: .*not allowed"):
        read_with_ecgdatakit(path)


def test_wfdb_records_are_left_to_their_own_reader(ecgdatakit, tmp_path):
    header = f"{write(tmp_path)}.hea"
    with pytest.raises(ValueError, match=r"a\.hea is a WFDB record\. Read it with read_recordings"):
        read_with_ecgdatakit(header)
    assert len(read_recordings(header).data) == 1


def test_without_ecgdatakit_the_error_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ecgdatakit", None)
    path = tmp_path / "a.edf"
    path.write_bytes(b"")
    with pytest.raises(ImportError, match=r'pip install "ecgclf\[ecgdatakit\]"'):
        read_with_ecgdatakit(path, on_error="warn")


def test_paths_and_options_are_checked_before_anything_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ecgdatakit", None)
    with pytest.raises(FileNotFoundError, match="There is no file .*none"):
        read_with_ecgdatakit(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="There is no file"):
        read_with_ecgdatakit(tmp_path)
    with pytest.raises(ValueError, match="No paths were given"):
        read_with_ecgdatakit([])
    with pytest.raises(ValueError, match="missing='none'"):
        read_with_ecgdatakit([], missing="none")
