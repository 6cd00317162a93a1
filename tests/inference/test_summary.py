"A summary stays small, counts seconds and not frames, and says what it cannot do"

import json

import numpy as np
import pytest
from fer_nb.core.errors import FerError
from fer_nb.core.labels import get_label_set
from fer_nb.inference.summary import (
    Timeline,
    VideoSummary,
    add_table,
    moment_strip,
    moments,
    plot_timeline,
    save_summary,
    summary_dict,
    summary_lines,
    video_columns,
)
from fer_nb.inference.tables import TableWriter
from fer_nb.inference.video_writer import VideoWriter

FER = get_label_set('fer2013')
BOX = (0, 0, 9, 9)
HAPPY = np.eye(7)[3]


def seconds_of(summary):
    return summary_dict(summary)['faces'][0]['seconds']


# -- the timeline


def test_a_timeline_has_no_more_steps_than_allowed():
    line = Timeline(2, most=10)
    for i in range(1000):
        line.add(i / 10, np.array([i % 2, 1 - i % 2]))
    assert len(line.curve()[0]) <= 10
    assert line.step == 16.0


def test_a_step_without_the_face_is_nan():
    line = Timeline(1)
    line.add(0.0, np.ones(1))
    line.add(1.0, np.ones(1))
    assert np.isnan(line.curve()[1][:, 0]).tolist() == [False, True, True, True, False]


def test_an_empty_timeline_has_no_steps():
    assert len(Timeline(2).curve()[0]) == 0


# -- the summary


def test_an_empty_summary_has_nothing_to_say():
    empty = VideoSummary(FER)
    assert summary_dict(empty)['share'] == {}
    assert moments(empty) == []
    empty.add_problem('frames that cannot be read', 2)
    assert summary_lines(empty)[-1] == 'frames that cannot be read: 2'
    plot_timeline(empty)


def test_a_face_in_passing_is_only_counted():
    brief = VideoSummary(FER, step=0.1)
    brief.add(0, 0.0, [(1, BOX, np.eye(7)[0])])
    facts = summary_dict(brief)
    assert (facts['faces'], facts['faces_in_passing']) == ([], 1)


def test_a_long_video_needs_no_more_memory():
    long = VideoSummary(FER, step=1 / 30)
    for i in range(20_000):
        long.add(i, i / 10, [(1, BOX, np.eye(7)[i // 300 % 7])])
    assert len(long.faces[1].timeline.sums) <= 480
    assert len(long.moments.best) <= 200
    plot_timeline(long)


def test_seconds_are_counted_where_frames_keep_no_pace():
    "A face for 10 s at 1 frame a second, then 5 s without it at 30"
    uneven = VideoSummary(FER, step=15 / 160)
    for i in range(160):
        time = float(i) if i < 10 else 10 + (i - 10) / 30
        uneven.add(i, time, [(1, BOX, HAPPY)] if i < 10 else [])
    assert seconds_of(uneven) == 9.09


def test_seconds_are_counted_where_every_second_frame_is_looked_at():
    "The face is away in the middle"
    half = VideoSummary(FER, step=0.2, every=2)
    for i in range(0, 100, 2):
        half.add(i, i / 10, [] if 30 <= i < 60 else [(1, BOX, HAPPY)])
    assert seconds_of(half) == pytest.approx(7.0)


def test_a_summary_is_json():
    summary = VideoSummary(FER)
    summary.add(0, 0.0, [(1, BOX, HAPPY)])
    json.dumps(summary_dict(summary))


# -- tables


def test_a_table_is_taken_in_again(tmp_path):
    path = tmp_path / 't.csv'
    with TableWriter(path, video_columns(FER)) as table:
        for i in range(50):
            place = (i, i / 10, 1, 5, 5, 40, 40, 0.9)
            table.add([(*place, 'happy', 1, *HAPPY, 'happy', 1, *HAPPY, '')])
    again = VideoSummary(FER, 0.1)
    assert add_table(again, path) == 50
    assert (again.with_face, again.faces[1].counts) == (50, {'happy': 50})


def test_a_table_of_another_kind_is_refused(tmp_path):
    (tmp_path / 'u.csv').write_text('a,b\n1,2\n')
    with pytest.raises(FerError, match='no table of a video'):
        add_table(VideoSummary(FER), tmp_path / 'u.csv')


# -- files


def test_a_video_without_moments_gives_a_white_strip(tmp_path):
    with VideoWriter(tmp_path / 'v.mp4', 10) as writer:
        writer.add(np.zeros((90, 90, 3), np.uint8))
    assert moment_strip(VideoSummary(FER), tmp_path / 'v.mp4').min() == 255


def test_without_a_video_there_is_no_strip(tmp_path):
    paths = save_summary(VideoSummary(FER), tmp_path / 'out')
    assert [path.name for path in paths] == ['summary.json', 'timeline.png']


def test_a_folder_that_cannot_be_made_is_one_line():
    with pytest.raises(FerError, match='cannot be written'):
        save_summary(VideoSummary(FER), '/proc/x')
