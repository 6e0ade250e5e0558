"""Folders of the layout of PTB-XL, made up."""

import numpy as np

LEADS = ("I", "II", "III", "AVR", "AVL", "AVF", "V1", "V2", "V3", "V4", "V5", "V6")
CODES = ("{'NORM': 100.0, 'SR': 0.0}", "{'IMI': 35.0, 'ASMI': 0.0, 'SR': 0.0}", "{'AFIB': 0.0}", "{}")
CODES += ("{'LVH': 100.0, 'NDT': 50.0, 'ABQRS': 0.0}", "{'1AVB': 100.0, 'NORM': 0.0, 'LAFB': 15.0}")

DATABASE = "ecg_id,patient_id,age,sex,height,report,scp_codes,validated_by_human,strat_fold,filename_lr,filename_hr\n"
STATEMENTS = """\
,description,diagnostic,form,rhythm,diagnostic_class,diagnostic_subclass,Statement Category
NDT,non-diagnostic T abnormalities,1.0,1.0,,STTC,STTC,other
NORM,normal ECG,1.0,,,NORM,NORM,Normal/abnormal
IMI,inferior myocardial infarction,1.0,,,MI,IMI,Myocardial Infarction
ASMI,anteroseptal myocardial infarction,1.0,,,MI,AMI,Myocardial Infarction
LVH,left ventricular hypertrophy,1.0,,,HYP,LVH,Ventricular Hypertrophy
LAFB,left anterior fascicular block,1.0,,,CD,LAFB/LPFB,"Intraventricular, intra-atrial"
1AVB,first degree AV block,1.0,,,CD,_AVB,"Sinus node, AV-conduction"
ABQRS,abnormal QRS,,1.0,,,,Normal/abnormal
SR,sinus rhythm,,,1.0,,,impulse formation
AFIB,atrial fibrillation,,,1.0,,,impulse formation
"""


def write_folder(folder, ids=(1, 2, 999, 1000, 1001, 21837), rates=(100,), seconds=1, codes=CODES):
    """Write the tables and records; a patient has two recordings, and recording i is in fold i % 10 + 1."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scp_statements.csv").write_text(STATEMENTS, encoding="utf-8")
    rows = []
    for i, ecg_id in enumerate(ids):
        names = [
            f"records{rate}/{ecg_id // 1000:02d}000/{ecg_id:05d}_{end}" for rate, end in ((100, "lr"), (500, "hr"))
        ]
        who = f"{ecg_id},{7000 + i // 2}.0,{'' if i == 2 else 50.0 + i},{i % 2}"
        what = f'"übernommen, geprüft","{codes[i % len(codes)]}"'
        rows.append(f"{who},,{what},True,{i % 10 + 1},{','.join(names)}\n")
        for rate, name in zip((100, 500), names, strict=True):
            if rate in rates:
                write_record(folder / name, ecg_id, rate, seconds)
    (folder / "ptbxl_database.csv").write_text(DATABASE + "".join(rows), encoding="utf-8")
    return folder


def write_record(path, seed, rate, seconds):
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(seed).integers(-3000, 3000, (seconds * rate, 12)).astype("<i2")
    sums = samples.sum(axis=0, dtype=np.int64) % 65536
    lines = [f"{path.name} 12 {rate} {seconds * rate}"]
    lines += [
        f"{path.name}.dat 16 1000.0(0)/mV 16 0 {first} {total} 0 {lead}"
        for first, total, lead in zip(samples[0], sums, LEADS, strict=True)
    ]
    path.with_suffix(".hea").write_text("\n".join(lines) + "\n")
    path.with_suffix(".dat").write_bytes(samples.tobytes())
