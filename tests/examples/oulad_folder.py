"""A few enrolments in the raw format of the Open University, with every contradiction that it knows."""

from __future__ import annotations

from pathlib import Path

RUN = "AAA,2013J"
COURSES = "code_module,code_presentation,module_presentation_length\nAAA,2013J,268\nAAA,2014B,240\n"
ASSESSMENTS = """code_module,code_presentation,id_assessment,assessment_type,date,weight
AAA,2013J,1,TMA,19,30
AAA,2013J,2,TMA,54,70
AAA,2013J,3,CMA,30,0
AAA,2013J,4,Exam,,100
AAA,2014B,5,TMA,19,100
"""
# student: registered, un-registered, final result
ENROLMENTS = {
    "passes": ("-30", "", "Pass"),
    "shines": ("-30", "", "Distinction"),
    "fails": ("-30", "", "Fail"),
    "leaves-early": ("-30", "-5", "Withdrawn"),
    "leaves-first-day": ("-30", "0", "Withdrawn"),
    "never-registered": ("", "12", "Withdrawn"),
    "leaves-silently": ("-30", "", "Withdrawn"),
    "leaves-and-fails": ("-30", "100", "Fail"),
    "leaves-and-works": ("-30", "40", "Withdrawn"),
    "comes-and-leaves": ("5", "5", "Withdrawn"),
    "leaves-after-the-end": ("-30", "300", "Withdrawn"),
    "leaves-before-coming": ("10", "-20", "Withdrawn"),
    "leaves-and-passes": ("-30", "268", "Pass"),
    "banks": ("3", "", "Pass"),
}
SUBMISSIONS = """id_assessment,id_student,date_submitted,is_banked,score
1,passes,18,0,80
2,passes,61,0,60
1,shines,-3,0,95
2,shines,54,0,100
4,shines,260,0,99
1,fails,27,0,35
3,fails,30,0,
2,leaves-and-works,60,0,70
1,leaves-and-works,20,0,70
1,banks,-1,1,55
1,leaves-after-the-end,290,0,44
1,nobody,20,0,50
"""
CLICKS = "code_module,code_presentation,id_student,pre_course_clicks\nAAA,2013J,passes,98\n"
INFO = (
    "code_module,code_presentation,id_student,gender,region,highest_education,imd_band,age_band,"
    "num_of_prev_attempts,studied_credits,disability,final_result\n"
)


def write(folder: Path) -> None:
    """The files under the names that their publishers gave them, but for the clicks."""
    registrations = ["code_module,code_presentation,id_student,date_registration,date_unregistration"]
    facts = []
    for student, (came, left, result) in ENROLMENTS.items():
        registrations.append(f"{RUN},{student},{came},{left}")
        band = {"passes": "10-20", "fails": "?"}.get(student, "30-40%")
        facts.append(f"{RUN},{student},F,Wales,HE Qualification,{band},0-35,0,60,N,{result}")
    registrations.append("AAA,2014B,fails,-10,7")
    facts.append("AAA,2014B,fails,F,Wales,HE Qualification,30-40%,0-35,1,60,Y,Withdrawn")
    files = {
        "courses": COURSES,
        "assessments": ASSESSMENTS,
        "studentRegistration": "\n".join(registrations),
        "studentInfo": INFO + "\n".join(facts),
        "studentAssessment": SUBMISSIONS,
        "oulad_vle_pre_course": CLICKS,
    }
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
