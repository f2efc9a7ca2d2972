#!/usr/bin/env bash
# Generates the default prompts: Hebrew and English speech by espeak-ng, as MP3 for Twilio's <Play> and as raw mu-law for the media
# stream. They are used until the owner records their own.
#
# espeak-ng 1.51 reads Hebrew letters badly (it drops unwritten vowels and spells the vowel points out), so every Hebrew
# prompt is given as phonemes. In `[[…]]` a `'` precedes the stressed vowel, S is ש, X is ח and כ, R is ר, ? is the
# glottal stop; therefore the punctuation (`.` and `?`) is outside.
#
# Needs espeak-ng, lame and sox. The output is committed, so they are needed only to change a prompt: `make audio`.
set -euo pipefail
cd "$(dirname "$0")"

for tool in espeak-ng lame sox; do
    command -v "$tool" >/dev/null || { echo "make-audio: $tool is missing; apt-get install espeak-ng lame sox" >&2; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# speak NAME SPEED TEXT: writes the speech to NAME.wav, in the language at the end of NAME, with 20 ms of silence before and 60 ms after, at the level of a telephone.
#
# The signal is limited to the telephone band, so that the file sounds as it does in a call. The level is about -19 dBFS while
# speaking with peaks under -2 dBFS, the loudest at which the mu-law coder does not clip.
speak() {
    local name=$1 speed=$2 text=$3
    espeak-ng -v "${name##*_}" -s "$speed" -p 45 -w "$work/raw.wav" "$text"
    sox "$work/raw.wav" "$work/trimmed.wav" silence 1 0.005 0.5% reverse silence 1 0.005 0.5% reverse
    sox "$work/trimmed.wav" "$work/$name.wav" \
        fade t 0.005 0 0.01 gain -6 sinc 150-3500 compand 0.005,0.1 6:-40,-32,-20,-16,0,-10 0 -40 0.005 gain -n -2.5 pad 0.02 0.06
}

# 22.05 kHz mono at 64 kbit/s: every decoder supports this format, and the frames have space for the tag with the exact length.
mp3() {
    lame --quiet -m m -b 64 --cbr -q 0 --resample 22.05 --noreplaygain "$work/$1.wav" "$1.mp3"
}

ulaw() {
    sox -D "$work/$1.wav" -t ul -r 8000 -c 1 "$1.ulaw"
}

# שלום, הגעתם לעסק שלנו. איך אפשר לעזור?
speak greeting_he 170 "[[Sal'om, hig'atem la?'esek Sel'anu]]. [['ejX efS'aR la?az'oR]]?"
mp3 greeting_he

# סליחה, אין כרגע מענה. נא להשאיר הודעה אחרי הצפצוף.
speak fallback_he 150 "[[sliX'a, 'ejn kaR'ega ma?an'e]]. [[na lehaS?'iR hoda?'a aXaR'ej hatsifts'uf]]."
mp3 fallback_he

# אין כרגע מענה. נא להשאיר הודעה אחרי הצפצוף.
speak leave_message_he 150 "[['ejn kaR'ega ma?an'e]]. [[na lehaS?'iR hoda?'a aXaR'ej hatsifts'uf]]."
ulaw leave_message_he

# תודה, ההודעה נשמרה. נחזור אליכם בהקדם. להתראות.
speak thanks_he 150 "[[tod'a, hahoda?'a niSmeR'a]]. [[naXz'oR alejX'em behekd'em]]. [[lehitRa?'ot]]."
ulaw thanks_he

# אתם עדיין על הקו?
speak still_there_he 145 "[[at'em ad'ajin al hak'av]]?"
ulaw still_there_he

# תודה שהתקשרתם. להתראות.
speak goodbye_he 150 "[[tod'a SehitkaS'aRtem]]. [[lehitRa?'ot]]."
ulaw goodbye_he

# רגע אחד, בבקשה.
speak one_moment_he 145 "[[R'ega eX'ad, bevakaS'a]]."
ulaw one_moment_he

# עוד רגע קטן, תודה.
speak more_time_he 145 "[['od R'ega kat'an]]. [[tod'a]]."
ulaw more_time_he

speak greeting_en 165 "Hello, you have reached our business. How can I help?"
mp3 greeting_en

speak fallback_en 155 "Sorry, we cannot take your call at the moment. Please leave a message after the tone."
mp3 fallback_en

speak leave_message_en 155 "We cannot take your call at the moment. Please leave a message after the tone."
ulaw leave_message_en

speak thanks_en 155 "Thank you, your message has been saved. We will get back to you soon. Goodbye."
ulaw thanks_en

speak still_there_en 150 "Are you still there?"
ulaw still_there_en

speak goodbye_en 150 "Thank you for calling. Goodbye."
ulaw goodbye_en

speak one_moment_en 150 "One moment, please."
ulaw one_moment_en

speak more_time_en 150 "Just one more moment, thank you."
ulaw more_time_en

# A tone of 1 kHz, which clearly differs from all DTMF tones.
sox -D -n -t ul -r 8000 -c 1 beep.ulaw synth 0.4 sine 1000 fade t 0.01 0.4 0.02 gain -10

for file in *.mp3 *.ulaw; do
    source="$work/${file%.*}.wav"
    [ -f "$source" ] && printf '%-24s %6.2f s\n' "$file" "$(soxi -D "$source")"
done
