# The texts that people read and hear, in English. he.ftl has the same keys with the same parameters.
# Texts in `backticks` are commands to copy, and stay as they are.

## Details of alerts, and why a message was not sent. The keys are stored in databases: add new ones, never rename one.

verbatim = { $text }

# The machine

disk-space = { $free } of { $total } are free.
disk-files = { $files ->
    [0] No more files can be created.
    [one] Only one more file can be created.
   *[other] Only { $files } more files can be created.
}
bridge-disk-space = The WhatsApp bridge's disk: { $free } of { $total } are free.
clock-before-build = It shows { $now }, which is before this program was built ({ $built }).
clock-before-newest-entry = It shows { $now }, which is before the newest entry in the database ({ $newest }).
clock-ahead = By { $host }: { clock-difference } ahead
clock-behind = By { $host }: { clock-difference } behind
clock-difference = { $unit ->
    [second] { $count ->
        [one] 1 second
       *[other] { $count } seconds
    }
    [minute] { $count ->
        [one] 1 minute
       *[other] { $count } minutes
    }
    [hour] { $count ->
        [one] 1 hour
       *[other] { $count } hours
    }
    [day] { $count ->
        [one] 1 day
       *[other] { $count } days
    }
   *[year] { $count ->
        [one] 1 year
       *[other] { $count } years
    }
}
certificate-expires = The certificate is valid until { $end }. { $reason }
certificate-missing = There is no certificate. { $reason }
backup-old = The last good snapshot is of { $last }. { $reason }
backup-missing = There is no good snapshot yet. { $reason }

# The database files

log-reader = The write-ahead log has { $size_mb } MB. Process { $process } is reading the database: { $command }
log-reader-unknown = The write-ahead log has { $size_mb } MB. The reader is the service itself, or is not known.
copy-late = The copy is { $count } s behind: { $reason }
foreign-file = Another program has changed or replaced { $file }. The file stays as it is, and the service goes on with its own data. To use that file: the button here, or `agentlocator restore { $file }`. To keep the current data: the button here, or move the file away.
last-sound-copy = The last sound copy is { $file }; it is not changed any more. To go on from it: `agentlocator restore { $file }`. The damage: { $findings }
started-from = The database from { $file } is in use.
started-promoted = This machine runs in place of another one, with the data that was replicated from it until { $until }. Messages and calls that arrived there later are not here.
started-live-changed = Another program changed `live/db.sqlite` while the service was off, and it is in use. The earlier data is kept as { $archived }; to go back to it: `agentlocator restore { $archived }`.
started-restored = The backup that was put at { $file } is in use. The database before it is kept as { $archived }; to go back to it: `agentlocator restore { $archived }`.
started-folder-copied = This folder is a copy of another one that was made while the service ran. { $file } is in use, which contains everything that was acknowledged before the copy started. The database out of `live` is kept as { $archived }.
started-folder-copied-because = This folder is a copy of another one that was made while the service ran. { $file } is in use ({ $reason }). The database out of `live` is kept as { $archived }.
started-late-folder-copied = This folder is a copy of another one that was made while { $file } was behind. So the database out of `live` is in use, which was read whole and is sound. The file that was behind is kept as { $archived }; to go back to it: `agentlocator restore { $archived }`.
started-live-damaged = The database was damaged. { $file } is used instead. The damaged file is kept as { $archived }.
started-live-damaged-because = The database was damaged ({ $reason }). { $file } is used instead. The damaged file is kept as { $archived }.
started-found-foreign = { $file } was a file that the service did not write. It is kept as { $archived }, and the service goes on with its own data. To use it: `agentlocator restore { $archived }`.
started-found-foreign-because = { $file } was a file that the service did not write ({ $reason }). It is kept as { $archived }, and the service goes on with its own data. To use it: `agentlocator restore { $archived }`.

# The AI

ai-calls-failed = { $count ->
    [one] One call.
   *[other] { $count } calls in a row.
} Last error: { $reason }
ai-limit-near = { $setting }: { $used } of { $limit }

# The outbox

outbox-held = { $count ->
    [one] One message waited to be sent in the restored database.
   *[other] { $count } messages waited to be sent in the restored database.
}
outbox-stopped = The outbox is not being processed.
outbox-waiting = { $count ->
    [one] One message has waited for over nine minutes, in spite of attempts to send it.
   *[other] { $count } messages have waited for over nine minutes, in spite of attempts to send them.
}
outbox-undelivered = Sent more than nine minutes ago and not delivered: { $count } (Twilio: { $by_twilio }, bridge: { $by_bridge }), to contacts: { $contacts }.

# Why a message was not sent, or may have been

message-unconfirmed = the message may have been sent; the provider is being asked, so do not send it again
message-expired = the message could not be sent for 24 hours; try again
message-lost = it is not known whether the message was sent; check on the phone before sending it again
message-needs-template = more than 24 hours have passed since the contact wrote, and no template is set for Twilio
message-opted-out = the contact has blocked our number or asked for no messages; write again after the contact has written
message-no-provider = no WhatsApp provider in use can send this message
message-provider-removed = the provider is no longer configured
message-discarded = the message was not sent after the restore

# The bridge, and what WhatsApp says to it. What follows the semicolon is what to do.

bridge-starting = the WhatsApp bridge is starting; wait a moment
bridge-unpaired = no WhatsApp account is linked; ask for a new code under WhatsApp in the page
bridge-pairing = no WhatsApp account is linked yet; scan the code in the page with the phone: WhatsApp, Linked devices, Link a device
bridge-connecting = the WhatsApp bridge is connecting to WhatsApp; if that lasts, check the internet connection
bridge-unanswered = WhatsApp acknowledges no message on this link; open WhatsApp on the phone, and if that lasts link the account again
bridge-logged-out = WhatsApp has ended the link to the account; scan a new code under WhatsApp in the page
bridge-replaced = another program uses the same WhatsApp session; stop it, then reconnect in the page
bridge-banned = WhatsApp has blocked the account; ask for a review in WhatsApp on the phone, then reconnect in the page
bridge-outdated = WhatsApp no longer accepts the bridge's version; update the bridge, then reconnect in the page
bridge-multidevice-mismatch = WhatsApp on the phone does not support linked devices; update it there, then reconnect in the page
bridge-disk = the WhatsApp bridge cannot write to its disk; free space there, and it resumes by itself
bridge-damaged = the WhatsApp bridge cannot read its session file; restore it from a backup, or ask for a new code in the page
bridge-other = the WhatsApp bridge is not connected to WhatsApp; see its log
bridge-unreachable = the WhatsApp bridge is not running; start its service
bridge-silent = the WhatsApp bridge does not answer; restart its service
bridge-unauthorized = the WhatsApp bridge did not accept the daemon's secret; set the same BAILEYS_WEBHOOK_SECRET on both sides
bridge-disabled = the WhatsApp bridge is not in use; set BAILEYS_WEBHOOK_SECRET, here and for the bridge
bridge-not-connected = the WhatsApp bridge is not connected to WhatsApp; see the WhatsApp section of the page
bridge-no-answer = the WhatsApp bridge did not answer, and the message may have been sent
bridge-deaf = Since { $since }.
whatsapp-blocked = WhatsApp does not allow messages to this contact
whatsapp-no-account = this number is not on WhatsApp
whatsapp-restricted = WhatsApp has restricted the account and does not allow new conversations at the moment
whatsapp-restricted-until = Until { $until }.
whatsapp-refused = WhatsApp did not accept the message
whatsapp-refused-because = WhatsApp refused the message: { $reason }

# Twilio

twilio-window-closed = more than 24 hours have passed since the contact wrote to the Twilio number; after that only an approved template may be sent
twilio-too-many = too many messages were sent in too short a time; try again later
twilio-no-whatsapp = this number is not on WhatsApp, or is not a valid one
twilio-sender-unknown = the sender is not set up as a WhatsApp sender in the Twilio account; check TWILIO_WA_FROM
twilio-not-now = WhatsApp chose not to deliver the message to this contact at the moment
twilio-stopped = the contact has asked to get no messages (STOP); write again after the contact has written
twilio-contact-blocked = the contact has blocked our number or withdrawn consent; write again after the contact has written
twilio-sender-blocked = WhatsApp blocks messages from our number to this contact
twilio-sandbox = the sender is Twilio's sandbox: the contact must first send it "join" and the words that Twilio's console shows (Messaging, Try it out), and again after three days
twilio-too-long = the message is too long or breaks WhatsApp's rules; Twilio accepts at most 1600 characters
twilio-file = Twilio could not fetch the file, or its type or size is not supported
twilio-template = the template or its variables are wrong or not approved; check TWILIO_WA_TEMPLATE_SID and the variables
twilio-content = WhatsApp did not accept the content of the message; change its text or file
twilio-account = Twilio did not accept the account; check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN
twilio-cancelled = the message was cancelled at Twilio before it was sent
twilio-undelivered = Twilio could not deliver the message
twilio-error = Twilio did not send the message (error { $code })
twilio-error-because = Twilio did not send the message: { $reason } (error { $code })

## Alerts: the headline, and what to do.

alert-disk-low = The disk is nearly full
    .remedy = Free disk space. Until then files and recordings are not stored; messages are, while any space is left.
alert-database-unwritable = Nothing can be stored in the database
    .remedy = Check that the disk is not full and is writable. Calls are answered meanwhile; messages arrive once they can be stored.
alert-published-copy = The published copy of the database is not current
    .remedy = Do not back up agentlocator.db by copying now; `agentlocator doctor` says what to do.
alert-log-size = The write-ahead log of the database grows
    .remedy = End the process that reads the database, such as a backup that hangs; otherwise the disk fills up.
alert-replication = The database is not replicated
    .remedy = Start Litestream: `systemctl status agentlocator-litestream`. If it is no longer needed, unset store.litestream.
alert-integrity = The database is damaged
    .remedy = Restore a backup from before the damage: `agentlocator restore`. Keep the existing file.
alert-foreign-file = Another file is in place of the published copy of the database
    .remedy = Decide which of the two is used. Until then do not back up agentlocator.db by copying.
alert-database-replaced = Another database is in use, or a foreign file was found in its place
    .remedy = Check that the data is the data that you want, then dismiss this notice.
alert-outbox-held = Messages wait for your decision after the restore
    .remedy = They may have been sent before the restore. Check on the phone, then send or discard them.
alert-backup = The nightly backup fails
    .remedy = Run `agentlocator doctor` on the server.
alert-certificate = The TLS certificate is not renewed
    .remedy = Run `agentlocator doctor` on the server. When the certificate has expired, calls and messages from Twilio do not arrive.
alert-bridge-down = The WhatsApp bridge is not connected
    .remedy = Open WhatsApp in the page; it says what to do.
alert-bridge-link = The link to WhatsApp has ended
    .remedy = Open WhatsApp in the page; it says what to do.
alert-bridge-deaf = No messages arrive over the link to WhatsApp
    .remedy = Check that the phone of the WhatsApp account is on and online, and open WhatsApp on it. If messages still do not arrive, unlink the account in the page and link it again.
alert-whatsapp-restricted = WhatsApp has restricted the account
    .remedy = Do not write to new contacts until the restriction is lifted. Replies to contacts who wrote to you are not restricted.
alert-twilio-refused = Twilio does not accept the account
    .remedy = Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, and that the account is active.
alert-ai-refused = The AI does not accept the key
    .remedy = Check OPENAI_API_KEY and the account's credit. Until then callers leave a message.
alert-ai-unavailable = Calls are not answered by the AI
    .remedy = Check the internet connection and the status of the AI service. Until then callers leave a message.
alert-ai-limit = Most of the AI's cost limit is used
    .remedy = Beyond the limit calls go to voicemail. Check who calls, or raise the limit (voice.ai_*).
alert-outbox-stuck = Outgoing messages are not sent
    .remedy = Run `agentlocator doctor` on the server.
alert-outbox-undelivered = Messages that were sent have not been delivered
    .remedy = If messages to others are delivered, the contact's phone is probably off, or the contact has blocked the number: call them. Otherwise run `agentlocator doctor` on the server.
alert-clock-wrong = The server's clock is wrong
    .remedy = Switch on time synchronisation: `timedatectl set-ntp true`.
alert-settings-rejected = The settings are wrong; the last ones that worked are in use
    .remedy = Correct them as `agentlocator config check` says, then `systemctl reload agentlocator`.
alert-self-check = The nightly self-check found a problem
    .remedy = Run `agentlocator doctor` on the server.

## Mails and WhatsApp messages about alerts.

alerts-and-more = { $headline } (and { $count } more)
alerts-lasts = Still: { $headline }
alerts-cleared = Resolved: { $headline }
alerts-since = Since { $since }.
alerts-lasted = It had lasted since { $since }.
alerts-page = The page: { $page }
alerts-test-subject = a test
alerts-test-body = This is a test notification. Alerts arrive like this one.

## What callers hear.

say-error = Something went wrong. Please call again later.
# The recording that is shipped as leave_message_he.ulaw, for the transcript.
say-leave-message = We cannot take your call at the moment. Please leave a message after the tone.
say-one-moment = One moment, please.
# In Hebrew also the recording that is shipped as thanks_he.ulaw.
say-thanks = Thank you, your message has been saved. We will get back to you soon. Goodbye.

## What the person to whom a call is transferred hears.

say-transfer = A call from { $caller }. To take it, press 1.
say-transfer-because = A call from { $caller }. { $reason }. To take it, press 1.
say-withheld-number = a withheld number

## Pages on the port without encryption. They are shown in both languages.

https-untrusted =
    Nothing is served here without encryption. Open { $url }/ instead.

    A browser warns there until this server has a certificate that browsers accept. "sudo agentlocator setup" shows the fingerprint of the one that it has until then. For a certificate write the server's name into /etc/agentlocator/config.toml, [tls], domain = "shop.example", and run "sudo systemctl restart agentlocator"; "sudo agentlocator doctor" says what is missing.
https-missing = Nothing is served here without encryption, and this server does not answer by https yet. Write its name into /etc/agentlocator/config.toml, [tls], domain = "shop.example", and run "sudo systemctl restart agentlocator"; "sudo agentlocator doctor" says what is missing.
https-elsewhere = Nothing is served here without encryption. The page has an address of its own (http.crm_listen).

## The calendar.

hebrew-date = { $day } { $month } { $year }
hebrew-month-tishri = Tishri
hebrew-month-heshvan = Heshvan
hebrew-month-kislev = Kislev
hebrew-month-tevet = Tevet
hebrew-month-shevat = Shevat
hebrew-month-adar-i = Adar I
hebrew-month-adar = Adar
hebrew-month-adar-ii = Adar II
hebrew-month-nisan = Nisan
hebrew-month-iyar = Iyar
hebrew-month-sivan = Sivan
hebrew-month-tammuz = Tammuz
hebrew-month-av = Av
hebrew-month-elul = Elul
holiday-rosh-hashanah-eve = Rosh Hashanah eve
holiday-rosh-hashanah = Rosh Hashanah
holiday-fast-of-gedaliah = Fast of Gedaliah
holiday-yom-kippur-eve = Yom Kippur eve
holiday-yom-kippur = Yom Kippur
holiday-sukkot-eve = Sukkot eve
holiday-sukkot = Sukkot
holiday-sukkot-chol-hamoed = Chol Hamoed Sukkot
holiday-hoshana-rabbah = Hoshana Rabbah
holiday-simchat-torah = Simchat Torah
holiday-hanukkah = Hanukkah
holiday-fast-of-tevet = Fast of 10 Tevet
holiday-tu-bishvat = Tu BiShvat
holiday-fast-of-esther = Fast of Esther
holiday-purim = Purim
holiday-shushan-purim = Shushan Purim
holiday-passover-eve = Passover eve
holiday-passover = Passover
holiday-passover-chol-hamoed = Chol Hamoed Passover
holiday-seventh-of-passover-eve = Eve of the seventh day of Passover
holiday-seventh-of-passover = Seventh day of Passover
holiday-holocaust-remembrance-day = Holocaust Remembrance Day
holiday-memorial-day = Memorial Day
holiday-independence-day = Independence Day
holiday-lag-baomer = Lag BaOmer
holiday-jerusalem-day = Jerusalem Day
holiday-shavuot-eve = Shavuot eve
holiday-shavuot = Shavuot
holiday-fast-of-tammuz = Fast of 17 Tammuz
holiday-tisha-bav = Tisha B'Av
