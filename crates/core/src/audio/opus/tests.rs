use super::super::wav::{Encoding, PCM_HEADER_BYTES, WavFormat};
use super::*;
use proptest::prelude::*;

fn tones(channels: u16, rate: u32, frames: usize) -> Vec<i16> {
    let mut samples = Vec::with_capacity(frames * usize::from(channels));
    for at in 0..frames {
        #[expect(clippy::cast_precision_loss, reason = "a test's sound")]
        let second = at as f64 / f64::from(rate);
        for channel in 0..channels {
            let pitch = 300.0 + 150.0 * f64::from(channel);
            let loudness = 6000.0 * (1.0 + (second * 5.0 + f64::from(channel)).sin());
            #[expect(clippy::cast_possible_truncation, reason = "a cast from float saturates")]
            samples.push(((second * pitch * std::f64::consts::TAU).sin() * loudness) as i16);
        }
    }
    samples
}

fn encode(channels: u16, rate: u32, samples: &[i16], step: usize) -> Vec<Vec<u8>> {
    let mut encoder = OpusEncoder::new(channels, rate, 7).unwrap();
    let mut chunks = vec![encoder.head().unwrap()];
    for piece in samples.chunks(step * usize::from(channels)) {
        chunks.extend(encoder.push(piece).unwrap());
    }
    chunks.extend(encoder.finish().unwrap());
    chunks
}

fn open(chunks: &[Vec<u8>]) -> OpusFile {
    OpusFile::open(&chunks[0], chunks.last().unwrap()).unwrap()
}

fn segment(file: &OpusFile, chunks: &[Vec<u8>], number: usize) -> Vec<i16> {
    let before = number.checked_sub(1).map(|before| chunks[before + 1].as_slice());
    file.decode(number as u64, before, &chunks[number + 1]).unwrap()
}

fn decode(chunks: &[Vec<u8>]) -> Vec<i16> {
    let file = open(chunks);
    (0..chunks.len() - 1).flat_map(|number| segment(&file, chunks, number)).collect()
}

/// Returns the ratio of the signal to the coding error, in decibels.
fn fidelity(sound: &[i16], decoded: &[i16]) -> f64 {
    let energy = |difference: &mut dyn Iterator<Item = f64>| difference.map(|value| value * value).sum::<f64>();
    let sound_energy = energy(&mut sound.iter().map(|sample| f64::from(*sample)));
    let error = energy(&mut sound.iter().zip(decoded).map(|(a, b)| f64::from(*a) - f64::from(*b)));
    10.0 * (sound_energy / error.max(1.0)).log10()
}

#[test]
fn encoded_audio_is_decoded_without_a_shift() {
    for (channels, rate, frames) in [(2, 8000, 8000 * 25 + 77), (1, 8000, 8000 * 21), (1, 16_000, 16_000 * 11 + 1)] {
        let sound = tones(channels, rate, frames);
        let chunks = encode(channels, rate, &sound, 12_345);
        let file = open(&chunks);
        assert_eq!((file.channels, file.rate, file.frames), (channels, rate, frames as u64));
        assert_eq!(file.segments(), chunks.len() as u64 - 1);
        let decoded = decode(&chunks);
        assert_eq!(decoded.len(), sound.len());
        let fidelity = fidelity(&sound, &decoded);
        assert!(fidelity > 6.0, "{channels} channels at {rate}: {fidelity:.1} dB");
    }
}

#[test]
fn a_segment_sounds_as_it_does_in_the_whole() {
    let sound = tones(2, 8000, 8000 * 45);
    let chunks = encode(2, 8000, &sound, 8000);
    let file = open(&chunks);
    // The reference: one decoder for the complete file, without segment boundaries.
    let mut decoder = ropus::Decoder::new(8000, ropus::Channels::Stereo).unwrap();
    let mut reader = ogg::PacketReader::new(std::io::Cursor::new(chunks.concat()));
    let (mut whole, mut out) = (Vec::new(), [0; 960 * 2]);
    while let Some(packet) = reader.read_packet().unwrap() {
        if !packet.data.starts_with(b"Opus") {
            let frames = decoder.decode(&packet.data, &mut out, ropus::DecodeMode::Normal).unwrap();
            whole.extend_from_slice(&out[..frames * 2]);
        }
    }
    for number in 1..4 {
        let begin = number * 80_000 * 2;
        let part = segment(&file, &chunks, number);
        let same = fidelity(&whole[begin..begin + part.len()], &part);
        assert!(same > 25.0, "segment {number}: {same:.1} dB");
    }
}

#[test]
fn pages_are_as_the_standard_says() {
    let sound = tones(2, 8000, 8000 * 12 + 100);
    let file = encode(2, 8000, &sound, 999).concat();
    let (mut at, mut pages) = (0, Vec::new());
    while at < file.len() {
        assert_eq!(&file[at..at + 5], b"OggS\0");
        let granule = u64::from_le_bytes(file[at + 6..at + 14].try_into().unwrap());
        let sequence = u32::from_le_bytes(file[at + 18..at + 22].try_into().unwrap());
        let lacing = usize::from(file[at + 26]);
        let body: usize = file[at + 27..at + 27 + lacing].iter().map(|length| usize::from(*length)).sum();
        pages.push((file[at + 5], granule, sequence));
        at += 27 + lacing + body;
    }
    assert_eq!((pages[0].0, pages[0].1), (2, 0), "the first page begins the stream");
    assert_eq!((pages[1].0, pages[1].1), (0, 0));
    assert_eq!(pages[2].1, 48_000, "a page a second");
    let (flags, end, _) = *pages.last().unwrap();
    let pre_skip = u64::from(u16::from_le_bytes([file[28 + 10], file[28 + 11]]));
    assert_eq!((flags, end), (4, pre_skip + (8000 * 12 + 100) * 6), "the last one says where the sound ends");
    assert!(pages.iter().enumerate().all(|(number, page)| page.2 as usize == number));
    assert_eq!(pages.len(), 2 + 13);
}

#[test]
fn a_whole_file_becomes_a_wav_file_of_the_same_length() {
    for channels in [1, 2] {
        let sound = tones(channels, 48_000, 48_000 * 3 / 2);
        let file = encode(channels, 48_000, &sound, 960).concat();
        let wav = to_wav(&file).unwrap();
        let samples = &wav[PCM_HEADER_BYTES..];
        assert_eq!((&wav[..4], samples.len()), (&b"RIFF"[..], 24_000 * 2), "1.5 s of 16 bits, 16 kHz");
        assert!(samples.chunks(2).any(|sample| i16::from_le_bytes([sample[0], sample[1]]).unsigned_abs() > 2_000));
        assert!(to_wav(&file[..file.len() / 2]).is_err() || to_wav(&file[..file.len() / 2]).unwrap().len() < wav.len());
    }
    assert!(to_wav(b"a voice").is_err());
}

#[test]
fn damage_is_noticed() {
    let chunks = encode(1, 8000, &tones(1, 8000, 30_000), 1000);
    let mut damaged = chunks[1].clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x55;
    assert!(open(&chunks).decode(0, None, &damaged).is_err());
    assert!(OpusFile::open(&chunks[0], &[]).is_err());
    assert!(OpusFile::open(b"RIFF", &chunks[1]).is_err());
}

#[test]
fn two_sides_take_less_than_a_fifth_of_the_wav() {
    let sound = tones(2, 8000, 8000 * 60);
    let bytes: usize = encode(2, 8000, &sound, 8000).iter().map(Vec::len).sum();
    assert!(bytes < 60 * 16_000 / 5, "{bytes}");
}

#[test]
fn rates_that_opus_has_not_are_refused() {
    let format = |rate| WavFormat { encoding: Encoding::Pcm16, channels: 1, rate, data: 44..1044 };
    assert!(can_encode(&format(8000)) && !can_encode(&format(11_025)) && !can_encode(&format(44_100)));
    assert!(matches!(OpusEncoder::new(1, 44_100, 1), Err(OpusError::Rate(44_100))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_length_survives(frames in 1_usize..5000, stereo: bool, step in 1_usize..3000) {
        let channels = if stereo { 2 } else { 1 };
        let sound = tones(channels, 8000, frames);
        let chunks = encode(channels, 8000, &sound, step);
        prop_assert_eq!(open(&chunks).frames, frames as u64);
        prop_assert_eq!(decode(&chunks).len(), sound.len());
    }

    #[test]
    fn garbage_never_panics(head in proptest::collection::vec(any::<u8>(), 0..60), last in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = OpusFile::open(&head, &last);
    }
}
