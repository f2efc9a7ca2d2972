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
backup-not-uploaded = The last snapshot is not in the bucket: { $reason }

# The database files

log-reader = The write-ahead log has { $size_mb } MB. Process { $process } is reading the database: { $command }
log-reader-unknown = The write-ahead log has { $size_mb } MB. The reader is the service itself, or is not known.
copy-late = The copy is { $count } s behind: { $reason }
copy-late-compared = The copy is { $count } s behind: it is compared with the database after an unclean stop. Until then it stays as the last run left it.
copy-late-open = The copy is { $count } s behind: another program has it open, as while copying it.
copy-late-open-full = The copy is { $count } s behind: another program has it open, and the disk has no space for a second copy.
copy-late-full = The copy is { $count } s behind: the disk has no space for it; it takes { $size_mb } MB. Free some, for example by moving agentlocator-before-restore-*.db files to another disk.
copy-late-slow = The copy is { $count } s behind: it could not be written in time.
copy-late-restarted = The copy is { $count } s behind: it is being written again after an internal error.
foreign-file = Another program has changed or replaced { $file }. The file stays as it is, and the service continues with its own data. To use that file: the button in the page's list of problems, or `agentlocator restore { $file }`. To keep the current data: the button in the page's list of problems, or move the file away.
foreign-file-denied = The service's user { $user } may not read { $file }. The file stays as it is, and the service continues with its own data. To use that file: `sudo chown { $user }: { $file }`, then restart the service. To keep the current data: the button in the page's list of problems, or move the file away.
foreign-file-not-regular = { $file } is no regular file. It stays as it is, and the service continues with its own data. Move it away: a new copy is created at once.
foreign-file-unusable = { $file } could not be used: { $reason }. The file stays as it is, and the service continues with its own data; the next start tries again. To keep the current data: the button in the page's list of problems, or move the file away.
database-damage = { $findings }
last-sound-copy = The last sound copy is { $file }; it is not changed any more. To continue with it: `agentlocator restore { $file }`. The damage: { $findings }
started-from = The database from { $file } is in use.
started-promoted = This machine runs in place of another one, with the data that was replicated from it until { $until }. Messages and calls that arrived there later are not here.
started-live-changed = Another program changed `live/db.sqlite` while the service was off, and it is in use. The earlier data is kept as { $archived }; to go back to it: `agentlocator restore { $archived }`.
started-restored = The backup that was put at { $file } is in use. The database before it is kept as { $archived }; to go back to it: `agentlocator restore { $archived }`.
started-folder-copied = This folder is a copy of another one that was made while the service ran. { $file } is in use, which contains everything that was acknowledged before the copy started. The database out of `live` is kept as { $archived }.
started-folder-copied-behind = This folder is a copy of another one that was made while the service ran. { $file } is in use; it was behind when the folder was copied, so what was acknowledged last may be missing. The database out of `live` is kept as { $archived }.
started-folder-copied-because = This folder is a copy of another one that was made while the service ran. { $file } is in use ({ $reason }). The database out of `live` is kept as { $archived }.
started-late-folder-copied = This folder is a copy of another one that was made while { $file } was behind. So the database out of `live` is in use, which was read whole and is sound. The file that was behind is kept as { $archived }; to go back to it: `agentlocator restore { $archived }`.
started-live-damaged = The database was damaged. { $file } is used instead. The damaged file is kept as { $archived }.
started-live-damaged-because = The database was damaged ({ $reason }). { $file } is used instead. The damaged file is kept as { $archived }.
started-found-foreign = { $file } was a file that the service did not write. It is kept as { $archived }, and the service continues with its own data. To use it: `agentlocator restore { $archived }`.
started-found-foreign-because = { $file } was a file that the service did not write ({ $reason }). It is kept as { $archived }, and the service continues with its own data.

# The settings

rejected-setting = { $reason }

# The AI

ai-calls-failed = { $count ->
    [one] One call.
   *[other] { $count } calls in a row.
} Last error: { $reason }
ai-service-refuses = { $part ->
    [transcriber] Transcription
    [model] The model
    [synthesiser] Speech
   *[realtime] The service of calls
}: { $reason }
ai-fields-rejected = The AI rejects: { $fields }. Calls continue without it.
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
outbox-paced = { $count ->
    [one] One message has waited for over nine minutes, because the bridge sends at most { $per_minute } messages a minute (whatsapp.per_minute).
   *[other] { $count } messages have waited for over nine minutes, because the bridge sends at most { $per_minute } messages a minute (whatsapp.per_minute).
}
outbox-undelivered = Sent more than nine minutes ago and not delivered: { $count } (Twilio: { $by_twilio }, bridge: { $by_bridge }), to contacts: { $contacts }.

# Why a message was not sent, or may have been

message-unconfirmed = the message may have been sent; the provider is being asked, so do not send it again
message-expired = the message could not be sent in time; try again
message-lost = it is not known whether the message was sent; check on the phone before sending it again
message-needs-template = more than 24 hours have passed since the contact wrote, and no template is set for Twilio
message-opted-out = the contact has blocked our number or asked for no messages; the page of the contact says how this ends
message-no-provider = no WhatsApp provider in use can send this message
message-provider-removed = the provider is no longer configured
message-discarded = the message was not sent after the restore
message-cancelled = the message was cancelled before it was sent
message-unknown = the database could not be read: { $reason }
message-file = { $reason }

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
bridge-unauthorized = the WhatsApp bridge did not accept the daemon's secret, or the program at its address did not prove that it is the bridge; set the same BAILEYS_WEBHOOK_SECRET on both sides
bridge-disabled = the WhatsApp bridge is not in use; set BAILEYS_WEBHOOK_SECRET, here and for the bridge
bridge-not-connected = the WhatsApp bridge is not connected to WhatsApp; for the reason open Settings, WhatsApp, Open the link on the page
bridge-no-answer = the WhatsApp bridge did not answer, and the message may have been sent
bridge-not-receiving = Since { $since }.
whatsapp-blocked = WhatsApp does not allow messages to this contact
whatsapp-no-account = this number is not on WhatsApp
whatsapp-restricted = WhatsApp has restricted the account and does not allow new conversations at the moment
whatsapp-restricted-until = Until { $until }.
file-not-fetched = the file could not be fetched from its address: { $reason }
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
twilio-refused = Twilio rejected the request: HTTP { $status }, code { $code }: { $reason }
twilio-error = Twilio did not send the message (error { $code })
twilio-error-because = Twilio did not send the message: { $reason } (error { $code })

## Causes of failures. The keys are stored in databases: add new ones, never rename one.

cause-other = { $text }
cause-no-such-file = no such file or folder
cause-no-permission = permission denied
cause-disk-full = no space left on the disk
cause-disk-read-only = the disk is read-only
cause-no-space = not enough disk space at { $file }: { $needed_mb } MB needed, { $free_mb } MB free
cause-file = cannot { $doing } { $file }
cause-read-back = { $file } does not read back as it was written
cause-name-unresolved = the name does not resolve
cause-no-record = it has no record
cause-connection-refused = connection refused
cause-connection-lost = the connection broke off
cause-no-route = there is no route to it
cause-no-answer = no answer in time
cause-certificate-rejected = its certificate is not accepted

cause-database-no-space = the disk is full, read-only or failing; nothing was stored
cause-database-denied = the user { $user } may not use { $file }: it belongs to { $owner } and has the mode { $mode }; as root, run `chown { $user }: { $file }`, and `chmod u+rwX { $file }` if that does not help
cause-database-busy = the database is in use
cause-database-error = database error
cause-database-panicked = internal error while using the database
cause-database-newer = the database was made by a newer version: it has the migration { $migration }, and this version has migrations only up to { $known }. Install the newer version again, or restore a copy of the database from before the upgrade; the upgrade made one in `snapshots/` beside the database
cause-database-migration = the database could not be migrated
cause-database-not-ours = it belongs to another program
cause-database-unknown-migration = it has the migration { $migration }, which this version lacks
cause-database-other-migration = its migration { $migration } differs from the one in this version; the database may have been migrated by a build from between two releases
cause-database-unreadable = { $file } cannot be read. Its disk or network share may be failing, see `journalctl -k`; copy it from another place, or try again once it can be read
cause-database-log = { $file } belongs to a database that was not closed, and part of its data may be in it alone. If that is the file beside it, open that once with `sqlite3 FILE 'PRAGMA journal_mode = DELETE'`; else remove this one
cause-database-damaged = the database file { $file } is damaged
cause-database-empty = it is empty
cause-database-no-data = it holds no data
cause-row-orphaned = row { $row } of { $table } refers to a row of { $parent } that is not there
cause-index-wrong = index { $index } has { $entries } entries, but { $rows } rows of { $table } belong in it
cause-copy-was-behind = the published file was behind when the folder was copied, so that what was acknowledged last may be missing
cause-copy-failed = { $doing ->
    [read] the database's files could not be read
   *[write] the copy could not be written
}

cause-ai-failure = { $cause ->
    [bad_key] the service does not accept the key or the account
    [no_credit] the account has no quota or credit left
    [rate_limited] the rate limit of the account is exceeded
    [rejected] the service rejects a setting
   *[outage] the service has an error, does not answer in time, or cannot be reached
}
cause-ai-no-key = no key is set
cause-ai-key-malformed = the key has characters that no key has
cause-ai-malformed = the answer could not be read
cause-ai-deaf = the caller spoke, but the service did not recognise any speech
cause-ai-fails = several answers in a row failed
cause-ai-written-call = the model writes tool calls as text, because its server does not recognise them
cause-ai-no-words = the answer contains no words

cause-file-address = { $problem ->
    [not_https] the file's address must begin with https://
    [credentials] the file's address must not contain a user name or a password
    [not_public] the file's address leads to this machine or into a private network
   *[invalid] the file's address is not a valid URL
}
cause-file-too-large = the file is larger than { $bytes } bytes
cause-file-redirects = too many redirects while fetching the file

cause-twilio-no-account = no Twilio account is set (twilio.account_sid and twilio.auth_token)
cause-twilio-malformed = Twilio's answer could not be read

cause-setting = { $place }: { $setting }
cause-setting-error = { $error }
cause-settings = { $place }

cause-encryption = the copy cannot be encrypted
cause-age-recipient = { $recipient } is not an age recipient; a recipient begins with age1, as `age-keygen` prints it
cause-bucket-status = it answered { $status }
cause-bucket-malformed = its answer cannot be read
cause-bucket-length = it has { $stored } bytes of { $sent }
cause-setting-missing = { $setting } is not set
cause-setting-invalid = { $setting } is wrong

cause-tls-no-listener = no listener accepts TLS: port 443 could not be opened, and tls.https_listen is not set
cause-tls-self-signed = a self-signed certificate could not be created
cause-tls-previous-served = the previous certificate is still served
cause-pem-unusable = { $file } cannot be used
cause-pem-no-certificate = it holds no certificate (PEM begins with -----BEGIN CERTIFICATE-----)
cause-pem-no-key = it holds no key that can be read (PEM begins with -----BEGIN PRIVATE KEY-----, and no password protects it)
cause-pem-mismatch = the key does not belong to the certificate
cause-pem-expired = { $file } expired at { $end }
cause-pem-not-yet-valid = { $file } is valid only from { $start } on; if that is past, this machine's clock is behind
cause-pem-names = { $file } does not cover { $missing } (it covers { $names })
cause-acme-unavailable = certificates cannot be fetched
cause-acme-step = { $step ->
    [account-store] the account's key could not be stored
    [account-remove] the account's key could not be removed
    [account-read] the account's key cannot be read
    [key] a key could not be created
    [stored-key] the key is broken
    [request] the certificate request could not be created
    [challenge] the challenge answer could not be created
    [order-store] the order could not be stored
   *[certificate-store] the certificate could not be stored
}
cause-acme-unreachable = { $authority } cannot be reached
cause-acme-answer = it answered { $status }, which is not an ACME answer
cause-acme-too-long = its answer is too long
cause-acme-malformed = { $authority } gave an invalid answer
cause-acme-late = { $authority } did not finish within { $count ->
    [one] one minute
   *[other] { $count } minutes
}
cause-acme-refused = { $authority } refused: "{ $reason }". What to do: { $problem ->
    [rateLimited] its rate limit was reached; nothing needs to be done but to wait
    [accountDoesNotExist] a new account is created at the next attempt
    [badNonce] a retry follows soon
    [serverInternal] a retry follows soon
    [rejectedIdentifier] it does not issue certificates for such a name; check tls.domain
    [unsupportedIdentifier] it does not issue certificates for such a name; check tls.domain
    [caa] the CAA record of the name allows other authorities only; change it
    [dns] check that the name has an A or AAAA record that points to this machine
    [externalAccountRequired] set tls.acme_eab_key_id and tls.acme_eab_hmac_key, which the authority issues
    [invalidContact] check tls.acme_contact
    [unsupportedContact] check tls.acme_contact
    [userActionRequired] it requires a user's action, such as accepting new terms
   *[other] check tls.domain and the other tls settings
}
cause-acme-not-here = { $authority } did not find this machine at { $name } (port { $port }): "{ $reason }". What to do: { $problem ->
    [connection] check that port { $port } of { $name } leads to this machine: the router's forwarding, and firewalls
    [dns] check that { $name } has an A or AAAA record that names this machine; new ones take up to an hour
    [caa] the CAA record of { $name } allows other authorities only; change it
   *[other] something else answers there; check that A and AAAA records of { $name } name this machine, and that no other server has its port { $port }
}
cause-acme-no-reason = { $authority } refused without a reason
cause-acme-no-challenge = { $authority } offers no { $challenge } for { $name }
cause-acme-unusable = { $authority } sent a certificate that cannot be served
cause-acme-names = { $authority } sent a certificate that does not cover { $name }
cause-acme-at-fault = this machine's clock is right, so the authority's certificate is at fault
cause-acme-hmac-key = tls.acme_eab_hmac_key is not what the authority gave out: it is not valid base64url
cause-clock-ahead = this machine's clock is { clock-difference } ahead (by { $host }), so that good certificates look bad. What to do: set it, best by switching NTP on (timedatectl set-ntp true)
cause-clock-behind = this machine's clock is { clock-difference } behind (by { $host }), so that good certificates look bad. What to do: set it, best by switching NTP on (timedatectl set-ntp true)
cause-clock-behind-certificate = this machine's clock is behind: it shows { $now }, but the certificate is from { $issued }. What to do: set it, best by switching NTP on (timedatectl set-ntp true)

## Settings: the values that are allowed. They follow "allowed:", also on the page and in the manual.

allowed-boolean = true or false (in the environment also 1, 0, yes, no, on, off)
allowed-integer = a whole number from { $least } to { $most }
allowed-decimal = a number from { $least } to { $most }
allowed-less-than = less than { $setting }, { $value }
allowed-choice = { $values }
allowed-choices = one or more of { $values }, each once, in order

allowed-free-text = a text of at most { $count } characters
allowed-one-line = a text in one line, of at most { $count } characters
allowed-pronunciations = lines such as: GmbH = gay em bay ha, of at most { $count } characters in all
allowed-template-variables = JSON such as { $example }, every value a text, { $variable } in one of them
allowed-secret = a text of one line, without blanks
allowed-google-account = a Google account's JSON

allowed-language = a language's two letters by ISO 639-1, such as he
allowed-country = a country's two letters by ISO 3166, such as IL
allowed-time-zone = a time zone by its IANA name, such as Asia/Jerusalem
allowed-model = a model's name, such as { $example }
allowed-voice = a voice's name, such as { $example }
allowed-any-voice = a voice's name
allowed-voice-id = a voice's id, such as { $example }
allowed-twilio-voice = a voice of Google at Twilio, such as Google.he-IL-Wavenet-A
allowed-account-sid = the Account SID that Twilio's console shows, AC and 32 digits
allowed-template-sid = a template's Content SID, HX and 32 digits
allowed-authority-key-id = the id that the authority gave with the key
allowed-age-recipients = age recipients such as age1..., as `age-keygen` prints them
allowed-bucket-name = a bucket's name
allowed-bucket-region = a region such as eu-central-1
allowed-google-region = a region of Google Cloud, such as eu, us or global
allowed-bucket-prefix = a beginning of names such as shop/

allowed-phone-number = a number with its country code, such as +972501234567
allowed-phone-numbers = numbers with their country code, such as +972501234567, separated by commas
allowed-calling-codes = calling codes such as +972, or + for all numbers
allowed-mail-address = a mail address such as owner@shop.example
allowed-mail-addresses = a mail address such as owner@shop.example, or several of them
allowed-host = the name or the address of a host, such as smtp.example.com
allowed-host-names = one or more names of this machine, such as shop.example
allowed-networks = a list of addresses and networks, such as ["127.0.0.0/8", "::1", "10.0.0.5"]
allowed-url = an address such as https://host.example; http only to loopback, such as http://127.0.0.1:9000
allowed-bridge-url = an address such as http://127.0.0.1:8000/send, https unless on loopback
allowed-public-host = a host such as shop.example, or an address such as https://shop.example
allowed-listener = an address and a port such as 0.0.0.0:8080 or [::1]:8080, or a port alone
allowed-port = a port, 0 to 65535
allowed-other-port = another port
allowed-other-port-or-address = another port, or another address where both name one
allowed-encrypted-mail = starttls or tls, and none only to this machine itself

allowed-file = the path of a file
allowed-readable-file = the path of a file that the daemon may read
allowed-folder = the whole path of a folder
allowed-existing-folder = the path of a folder that is there
allowed-google-account-file = the path of a Google account's JSON file
allowed-database = sqlite:///absolute/path.db, sqlite://relative/path.db or a path
allowed-disk-limit = an amount such as "500 MB", a part such as "5 %", or both: "500 MB or 5 %", the lesser counts
allowed-section = a section, [{ $section }]

## Settings: why a value is rejected. They follow "which".

fault-characters = has { $count } characters
fault-bytes = is longer than { $count } bytes
fault-twice = names { $value } twice

fault-no-pair = has a line without a word on both sides of an equals sign: { $line }
fault-blanks = has blanks or line breaks in it
fault-variable-name = begins with the name of a variable and =; write the value alone
fault-quotation-marks = is in quotation marks; write the value alone
fault-no-json-object = is not a JSON object
fault-value-no-text = has a value that is not a text
fault-no-text-variable = has no { $variable } in it, so that no message could be sent
fault-no-field = lacks `{ $field }`

fault-api-key-sid = is an API key's SID
fault-no-content-sid = is not a Content SID
fault-other-characters = has other characters than letters and digits
fault-voice-without-language = is not a Google voice with its language in its name
fault-secret-key = holds a secret key, which belongs elsewhere
fault-recipient = contains an invalid recipient ({ $reason })

fault-no-country-code = has no country code
fault-no-calling-code = contains { $value }, not a calling code
fault-no-mail-address = has a part that is not a mail address
fault-port-in-host = has a port in it; the port is a setting of its own
fault-address-not-name = is an address; give the name alone
fault-wildcard = is a wildcard, which the authority would only verify by DNS; name each host
fault-ip-address = is an IP address; a certificate needs a name
fault-no-address = is not an address
fault-network-bits = does not have a number from 0 to { $most } after the slash
fault-host-bits = has bits set after the first { $bits }; the network is { $network }
fault-url-scheme = is neither https nor http
fault-url-plain-http = is plain http to another machine, where everyone on the way can read it
fault-url-userinfo = has a user name or a password in it
fault-url-query = has a ? or a # in it
fault-listener-taken = { $setting } ({ $address }) takes already
fault-plain-mail = would send mail and password in clear over the network

fault-not-a-file = is not a file
fault-not-a-folder = is not a folder
fault-no-folder-but-a-file = is a file
fault-not-opened = cannot be opened ({ $reason })
fault-not-read = cannot be read ({ $reason })
fault-not-found = cannot be found ({ $reason })
fault-database-slashes = lacks the two slashes after the colon
fault-database-not-sqlite = is not a SQLite file, and AgentLocator keeps its data in one
fault-database-options = has options after the path
fault-database-tilde = starts with ~, which only a shell replaces; write the whole path
fault-database-in-memory = would be lost at the next stop
fault-database-folder = names a folder, not a file

## Settings: what is wrong with one. The place in the file and the key come first.

setting-error-value = found { $found }; allowed: { $allowed }
setting-error-fault = found { $found }, which { $fault }; allowed: { $allowed }
setting-error-set-without = is set without { $missing }; allowed: both or none
setting-error-set-twice = { $other } is set as well; keep one of the two
setting-error-internal-address = found { $found }; an address inside the network can only be set in the settings file
setting-error-enter-again = enter it again, because { $setting } changes where it is sent
setting-error-audio-file = { $file }: { $problem }
setting-error-greeting-too-long = found a greeting of { $seconds } s; allowed: at most 10 s

setting-error-unknown-section = unknown section [{ $section }]; allowed: { $sections }
setting-error-section-suggestion = unknown section [{ $section }]; did you mean [{ $meant }]?
setting-error-section-is-key = unknown section [{ $section }]; { $section } belongs to section [{ $owner }]
setting-error-unknown-key = unknown key { $key }; allowed: { $keys }
setting-error-key-suggestion = unknown key { $key }; did you mean { $meant }?
setting-error-key-of-section = unknown key { $key }; { $name } belongs to section [{ $owner }]
setting-error-key-form = unknown key { $key }; keys have the form section.name
setting-error-not-used = unknown key { $key }; it is not used

setting-error-syntax = { $problem }
setting-error-not-utf8 = a byte that is not UTF-8; save the file as UTF-8
setting-error-section-twice = the section [{ $section }] occurs twice; move these lines below the first [{ $section }], and delete this line
setting-error-key-twice = { $key } is set twice in its section; delete one of the two lines
setting-error-file-not-read = { $file }: cannot be read: { $reason }
setting-error-secret-too-long = { $file } holds { $bytes } bytes, which is too long for a secret
setting-error-secret-empty = { $file } is empty
setting-error-page-secrets-not-read = the secrets of the page: cannot be read: { $reason }; correct the file, or delete it and enter them again
setting-error-page-secrets-denied = the secrets of the page: this user may not read the file, whose content is kept; run the command with sudo, or make the service's user the owner of the file (chown)
setting-error-page-secrets-line = the secrets of the page: line { $line } is not valid; correct the file, or delete it and enter them again

# Settings that are valid, but probably a mistake.
setting-warning-public-address-missing = http.public_base_url is not set: the address that Twilio uses for this machine is unknown, so its signatures do not match
setting-warning-public-address-port = http.public_base_url has another port than 443, the only port for which Twilio documents media streams: webhooks arrive, but the AI may not answer calls; use port 443, or a proxy or tunnel on port 443
setting-warning-call-notices-without-recipient = agent.call_notices is on, but neither alerts.whatsapp_to nor alerts.mail_to with mail.host is set: no messages about calls are sent
setting-warning-twilio-without-sender = whatsapp.enable_twilio is on, but twilio.account_sid, twilio.auth_token and twilio.wa_from are not all set
setting-warning-bridge-without-secret = whatsapp.enable_baileys is on, but neither whatsapp.webhook_secret nor whatsapp.shared_secret is set: messages from the bridge are rejected
setting-warning-twilio-chosen-but-off = whatsapp.provider is twilio, which is not enabled: nothing can be sent
setting-warning-bridge-chosen-but-off = whatsapp.provider is baileys, which is not enabled: nothing can be sent
setting-warning-updates-without-feed = updates.check is weekly, but updates.feed_url is not set: no check is made
setting-warning-template-variables-unused = twilio.wa_template_variables is set without twilio.wa_template_sid: it is not used
setting-warning-twilio-account-incomplete = of twilio.account_sid and twilio.auth_token one is not set: Twilio's REST interface cannot be used
setting-warning-acme-without-domain = tls.acme is on, but tls.domain is not set: there is no name to get a certificate for
setting-warning-acme-beside-files = tls.acme is on, but tls.certificate_file is set: the files are used, and no certificate is fetched
setting-warning-domain-without-certificate = tls.domain is set, but tls.acme is off and there is no tls.certificate_file: browsers and Twilio will not trust the certificate
setting-warning-certificate-unreadable = tls.certificate_file or tls.key_file cannot be opened by this user: TLS does not work until the user can read it
setting-warning-bucket-incomplete = of backup.s3_endpoint, backup.s3_bucket and its two keys one is not set: snapshots do not go into the bucket
setting-warning-account-sid-form = twilio.account_sid is not AC and 32 hexadecimal digits, as Twilio's are: Twilio's REST interface will refuse it
setting-warning-template-sid-form = twilio.wa_template_sid is not HX and 32 hexadecimal digits, as Twilio's are: messages as a template will be refused
setting-warning-auth-token-form = twilio.auth_token is not 32 hexadecimal digits, as Twilio's are: calls and messages may be refused with 403
setting-warning-mail-without-server = alerts.mail_to is set, but mail.host is not: no mail is sent
setting-warning-mail-without-sender = mail.host is set, but neither mail.from nor a mail.username that is an address: no mail is sent
setting-warning-mail-login-incomplete = of mail.username and mail.password one is not set: mail is sent without logging in
setting-warning-language-unknown = agent.language is no code of ISO 639-1, such as he: services may refuse it or not understand callers
setting-warning-disk-limits-reversed = disk.media_stops_below is less than disk.critical_below: recordings and files stop no earlier than everything else
setting-warning-alerts-to-own-sender = alerts.whatsapp_to is twilio.wa_from, the business's own sender: WhatsApp delivers no message to its own sender
setting-warning-call-hours-reversed = agent.calls_from_hour is not before agent.calls_until_hour: the agent calls at no time
setting-warning-rings-own-number = agent.transfer_to or voice.ring_numbers contains twilio.phone_number, the number that the agent answers: such a call reaches the agent again instead of a person
setting-warning-rings-no-phone = voice.ring_first is set, but voice.ring_numbers and agent.transfer_to are not: there is no phone to ring, and the AI answers at once
setting-warning-rings-too-many = voice.ring_numbers has more than 10 numbers: Twilio rings ten at the same time, and the others never ring
setting-warning-realtime-without-key = voice.engine is { $engine }, but openai.api_key is not set: calls go to voicemail
setting-warning-model-key-unused = pipeline.model_api_key is set without pipeline.model_base_url: it is not used
setting-warning-service-unused = { $setting } is set, but neither pipeline.transcriber nor pipeline.synthesiser is { $name }: it is not used
setting-warning-pipeline-incomplete = voice.engine is pipeline, but it needs { $missing }: calls go to voicemail
setting-warning-only-pipeline-incomplete = voice.ai_engines names only pipeline, but it needs { $missing }: calls go to voicemail
setting-warning-pipeline-named-incomplete = voice.ai_engines names pipeline, but it needs { $missing }: it is not used
setting-warning-speech-key-incomplete = the pipeline engine has a key of a speech service, but it needs { $missing }: it is not used
setting-warning-impossible-number = { $setting }: { $number } is no possible phone number of its country
setting-warning-own-port = { $setting } is { $url }, but port { $port } is that of { $listener }, so no AI answers there: set the address of the AI server, which needs another port
setting-warning-openai-without-path = { $setting } is { $url }, but OpenAI's API is at { $url }/v1: it refuses all requests
setting-warning-early-replies-unused = openai.early_replies is on, but needs openai.turn_detection server_vad and an openai.vad_silence_ms of 200 to 1000: it has no effect
setting-warning-built-in-sentences = agent.language is { $language }, but the built-in sentences and messages are only in Hebrew and English: contacts hear and read them in English
setting-warning-transcriber-without-hebrew = deepgram.model is { $model }, which does not transcribe Hebrew: of Deepgram's models only nova-3 does. Set nova-3
setting-warning-voice-without-hebrew = elevenlabs.tts_model is { $model }, which does not speak Hebrew: of ElevenLabs' models only those of the third generation do. Set eleven_v3_conversational
setting-warning-say-voice-language = voice.say_voice is { $voice }, a voice for { $language }, but agent.language is { $spoken }: callers hear another language when no AI answers. Set { $meant }
setting-warning-speech-shutdown = pipeline.speech_model is { $model }, which OpenAI shuts down on { $day }, like every model of its /audio/speech: then the pipeline cannot speak. Set pipeline.synthesiser to soniox, elevenlabs or google, or pipeline.speech_base_url to another server
setting-warning-credential-unused = the credential { $name } is not used: no secret has this name; { $meant }
setting-warning-secret-unused = { $place }: the secret { $setting } is not used
setting-warning-batch-transcriber = elevenlabs.stt_model is { $model }, which transcribes only files: it cannot transcribe calls. Set { $meant }
setting-warning-google-no-service-account = { $setting } is no service account: the pipeline engine cannot use it
setting-warning-google-no-private-key = { $setting } has no private key in PEM format: the pipeline engine cannot use it

## Alerts: the headline, and what to do.

alert-disk-low = The disk is nearly full
    .remedy = Free disk space. Until then files and recordings are not stored; messages are, while any space is left.
alert-database-unwritable = Nothing can be stored in the database
    .remedy = Check that the disk is not full and is writable. Calls are answered meanwhile; messages arrive once they can be stored.
alert-published-copy = The published copy of the database is not current
    .remedy = Do not back up agentlocator.db by copying now. The page "System health" says what failed; the administrator runs `sudo agentlocator doctor`.
alert-wal-size = The write-ahead log of the database grows
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
    .remedy = The backup page says what failed; if the disk has space, back up from there now. If it happens again, the administrator runs `sudo agentlocator doctor`.
alert-certificate = The TLS certificate is not renewed
    .remedy = Check that the address under "Address and certificate" still leads here. When the certificate has expired, calls and messages from Twilio do not arrive. If the address is right, the administrator runs `sudo agentlocator doctor`.
alert-bridge-down = The business's WhatsApp is not connected
    .remedy = Messages that you have written are kept, and are sent when the connection is back. The WhatsApp page says what to do.
alert-bridge-link = The business's WhatsApp has been disconnected
    .remedy = Scan once with the business phone, on the WhatsApp page. Until then messages are kept, and not sent from it.
alert-bridge-not-receiving = Nothing arrives from WhatsApp: the account's phone is off, or the link has failed
    .remedy = If the phone of the WhatsApp account is off or offline, turn it on; nothing is lost. If it is on, open WhatsApp on it. If messages still do not arrive, unlink the account in the page and link it again.
alert-whatsapp-restricted = WhatsApp has restricted the account
    .remedy = Do not write to new contacts until the restriction is lifted. Replies to contacts who wrote to you are not restricted.
alert-twilio-refused = Twilio does not accept the account
    .remedy = Copy the account SID and the auth token from Twilio's site again, and check there that the account is active and has credit.
alert-ai-refused = The AI does not accept the key
    .remedy = Create a new key on the service's site, and enter it in the agent's settings. Until then another AI engine answers calls if one is set up, or callers leave a message.
alert-ai-no-credit = The account of the AI service has no credit or quota left
    .remedy = Add credit or raise the quota on the service's site. Nothing needs to be changed here: the next call that the AI answers clears this. Until then another AI engine answers calls if one is set up, or callers leave a message.
alert-ai-rate-limited = The AI service rejects calls because of too many requests
    .remedy = This passes by itself within minutes. If it returns, ask for a higher limit on the service's site, or set up a second AI engine. Until then callers leave a message.
alert-ai-setting-rejected = The AI rejects a setting
    .remedy = Choose another value among the settings of the AI (model, voice, language). Until then calls continue without it: a rejected transcription leaves calls without the caller's words.
alert-ai-unavailable = Calls are not answered by the AI
    .remedy = Check the internet connection and the status of the AI service. Until then callers leave a message.
alert-ai-limit = Most of the AI's cost limit is used
    .remedy = Beyond the limit calls go to voicemail. See who calls, or raise the limit in the settings of the telephone.
alert-outbox-stuck = Outgoing messages are not sent
    .remedy = The messages are kept, and sending continues. Check the internet connection and the link to WhatsApp; if both are fine, the administrator runs `sudo agentlocator doctor`.
alert-outbox-undelivered = Messages that were sent have not been delivered
    .remedy = If messages to others are delivered, the contact's phone is probably off, or the contact has blocked the number: call them. If no message is delivered, check the link to WhatsApp.
alert-clock-wrong = The server's clock is wrong
    .remedy = Switch on time synchronisation: `timedatectl set-ntp true`.
alert-settings-rejected = The settings are wrong; the last ones that worked are in use
    .remedy = Correct them as `agentlocator config check` says, then `systemctl reload agentlocator`.
alert-self-check = The nightly self-check found a problem
    .remedy = The page "System health" says what was found, and can check again. The administrator gets the same check by `sudo agentlocator doctor`.

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
say-goodbye = Thank you for calling. Goodbye.
# In Hebrew also the recording that is shipped as thanks_he.ulaw.
say-thanks = Thank you, your message has been saved. We will get back to you soon. Goodbye.
# Instead of a claim of the agent that something is done, if it is not done.
say-not-done = This is not done yet. Shall I try again?
# Instead of a time that the agent offers without having looked it up.
say-not-read = I have not checked that time yet. Shall I check it?

## What an answering machine records.

say-called-back-unnamed = Hello. We tried to reach you, and will be glad if you call us back. Goodbye.
say-called-back = Hello, this is the automatic assistant of { $business }. We tried to reach you, and will be glad if you call us back. Goodbye.
say-called-back-because-unnamed = Hello. We called you about this: { $purpose }. We will be glad if you call us back. Goodbye.
say-called-back-because = Hello, this is the automatic assistant of { $business }. We called you about this: { $purpose }. We will be glad if you call us back. Goodbye.

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

## The titles of tasks: the agent said in a call that something was done that was not done.

promise-booked = The agent said that an appointment is booked, but none is: "{ $said }"
promise-moved = The agent said that the appointment is moved, but it is not: "{ $said }"
promise-cancelled = The agent said that the appointment is cancelled, but it is not: "{ $said }"
promise-waiting = The agent promised a place on the waiting list, but there is no entry: "{ $said }"
promise-passed-on = The agent promised to pass something on, but wrote no message: "{ $said }"
promise-sent = The agent promised to send something: "{ $said }"
promise-offered = The agent offered a time without checking that it is free: "{ $said }"
promise-transferred = The agent said that it transfers the call, but did not: "{ $said }"
promise-opted-out = The agent said that the caller gets no more calls and messages, but did not record it: "{ $said }"
promise-other-time = The agent named another day or time than that of the appointment: "{ $said }"

## Tasks for contacts whom the agent could not reach.

task-not-reached = The agent did not reach { $who }: { $purpose }

text-booked = Your appointment is booked: { $what }
text-moved = Your appointment was moved: { $what }
text-cancelled = Your appointment was cancelled: { $what }
text-appointment = { $service }, { $weekday ->
    [monday] Monday
    [tuesday] Tuesday
    [wednesday] Wednesday
    [thursday] Thursday
    [friday] Friday
    [saturday] Saturday
   *[sunday] Sunday
} { $date } at { $time }
text-missed-call = Hello, you called us and the call ended before we could help. You can write to us here, and we will get back to you.

notice-outcome = { $outcome ->
    [answered] The agent talked with { $who }
    [message] { $who } left a message
    [missed] { $who } called and was not helped
    [transferred] { $who } was transferred
    [booked] { $who } booked an appointment
    [robot] A machine called: { $who }
    [silent] { $who } called and never said a word
   *[failed] The call with { $who } broke off
}
notice-when = { $at }, { $length } min
notice-booked = Booked: { $what }
notice-moved = Moved: { $what }
notice-cancelled = Cancelled: { $what }
notice-task = Task: { $title }
notice-lead = Lead: { $title }
notice-page = The call: { $page }

answering-agent = The agent answers every call at once, until you change it.
answering-agent-until = The agent answers every call at once, until { $time }.
answering-ring = Every call rings at your phone first, until you change it.
answering-ring-until = Every call rings at your phone first, until { $time }.
answering-settings = Calls are answered as in the settings: { $ring ->
    [open] in the opening hours they ring at your phone first.
    [always] they ring at your phone first.
   *[never] the agent answers at once.
}
answering-no-phone = The settings have no phone that can ring, so the agent answers at once.
answering-never-opens = According to the opening hours, the business does not open soon. Write a time, such as "agent until 17:00".
answering-words = You can write: agent, us, normal or status. Also "agent until 17:00", "agent until tomorrow" or "agent for 2 hours".

## What a contact gets who asks for no more messages.

opt-out-confirmed = You will get no more messages from us. To get them again, send START.

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
## Settings: the name of each, and what it does. The page shows them.

setting-http-listen = Listener
    .help = The address and port on which the service answers Twilio and the page.
setting-http-crm-listen = Listener of the page
    .help = A second listener for the page alone; the first one then serves no page.
setting-http-public-base-url = Public address
    .help = The https address under which Twilio and browsers reach this machine.
setting-http-max-body-bytes = Largest request
    .help = Requests with a larger body are refused.
setting-http-request-timeout-s = Time limit of a request
    .help = A request that takes longer is ended.
setting-http-max-connections = Open connections
    .help = The most open connections of one listener; not set: by the machine's memory.
setting-http-trusted-proxies = Trusted proxies
    .help = The proxies whose headers name the real client.

setting-tls-domain = Domain names
    .help = The names of this machine, for which a certificate is obtained.
setting-tls-http-listen = Plain HTTP listener
    .help = The listener that redirects browsers to https; not set: port 80.
setting-tls-https-listen = TLS listener
    .help = The listener for https; not set: port 443.
setting-tls-acme = Automatic certificate
    .help = Obtain certificates from an authority such as Let's Encrypt.
setting-tls-acme-directory-url = Certificate authority
    .help = The directory address of the authority.
setting-tls-acme-ca-file = Authority's own root
    .help = Root certificates that are trusted for the authority itself.
setting-tls-acme-contact = Contact e-mail for certificates
    .help = The authority writes to this address about the certificates.
setting-tls-acme-challenge = Proof of the name
    .help = How the authority verifies that the name is yours.
setting-tls-acme-eab-key-id = Account id at the authority
    .help = The id of the external account, if the authority requires one.
setting-tls-acme-eab-hmac-key = Account key at the authority
    .help = The key of the external account.
setting-tls-certificate-file = Own certificate
    .help = A certificate from elsewhere with its chain.
setting-tls-key-file = Key of the own certificate
    .help = The private key of that certificate.

setting-twilio-account-sid = Account SID
    .help = The SID on the front page of Twilio's console; it begins with AC.
setting-twilio-auth-token = Auth token
    .help = The token beside the account SID; it signs Twilio's requests.
setting-twilio-auth-token-secondary = Second auth token
    .help = Also accepted while you replace the token at Twilio.
setting-twilio-api-base-url = Address of Twilio's API
    .help = Where calls and messages are requested.
setting-twilio-content-base-url = Address of Twilio's Content API
    .help = Where templates are read.
setting-twilio-wa-from = WhatsApp sender
    .help = The WhatsApp number that is registered at Twilio.
setting-twilio-phone-number = Phone number
    .help = The number that callers dial; not set: the one whose calls come here.
setting-twilio-wa-template-sid = Message template
    .help = The approved template for messages after 24 hours; it begins with HX.
setting-twilio-wa-template-variables = Template variables
    .help = The values of the template's variables as JSON.
setting-twilio-wa-text-price-usd = Price of a text
    .help = What a WhatsApp message through Twilio costs, in US dollars: Twilio's fee and Meta's, as on your bills. Shown before sending.
setting-twilio-wa-template-price-usd = Price of a template
    .help = What a WhatsApp message with the template costs, in US dollars. Shown before sending.

setting-whatsapp-provider = WhatsApp provider
    .help = Which provider sends messages.
setting-whatsapp-priority = Order of providers
    .help = Which provider is tried first.
setting-whatsapp-enable-twilio = WhatsApp by Twilio
    .help = Use the WhatsApp Business account at Twilio.
setting-whatsapp-enable-baileys = WhatsApp from the business phone
    .help = Use the linked phone's WhatsApp account.
setting-whatsapp-baileys-outbound-url = Address of the bridge
    .help = Where messages are handed to the bridge; not set: on this machine.
setting-whatsapp-baileys-port = Port of the bridge
    .help = The port of the bridge on this machine.
setting-whatsapp-baileys-socket = Socket of the bridge
    .help = The Unix socket of the bridge.
setting-whatsapp-bridge-challenge = Proof of the bridge
    .help = Whether the program at the port of the bridge must prove that it is the bridge before it gets the secret.
setting-whatsapp-shared-secret = Shared secret of the bridge
    .help = Signs the bridge's events; one of the two secrets is enough.
setting-whatsapp-webhook-secret = Webhook secret of the bridge
    .help = The bridge shows it with each event; one of the two secrets is enough.
setting-whatsapp-pacing = Human pace
    .help = The bridge sends at a human pace, to lower the risk that WhatsApp closes the account.
setting-whatsapp-per-minute = Messages a minute
    .help = The most messages that the bridge sends in a minute.
setting-whatsapp-new-chats-per-day = New chats a day by the bridge
    .help = The most contacts a day who have not written first.
setting-whatsapp-new-chat-prefixes = Calling codes for new chats
    .help = New chats go only to these calling codes; empty: the country of the business.
setting-whatsapp-new-chats-per-user-per-day = New chats a day by one user
    .help = The most new chats of one user in 24 hours; 0: no limit.
setting-whatsapp-new-chats-in-all-per-day = New chats a day in all
    .help = The most new chats of all users in 24 hours; 0: no limit.
setting-whatsapp-max-media-bytes = Largest file
    .help = Larger files of messages are not stored.

setting-openai-api-key = API key
    .help = The key of OpenAI. Without it the pipeline engine answers if it is set up; otherwise callers leave a message.
setting-openai-base-url = Address of the AI
    .help = OpenAI, or a compatible server.
setting-openai-realtime-model = Voice model
    .help = The model that speaks with callers.
setting-openai-live-model = Voice model of GPT-Live
    .help = The model of the experimental engine that listens and speaks at the same time.
setting-openai-voice = Voice
    .help = The voice of the agent.
setting-openai-audio-format = Audio of the voice model
    .help = Telephone audio, or PCM for servers of your own that do not support it.
setting-openai-live-transcription-model = Transcription model of separate services
    .help = Transcribes calls whose transcription, model and voice are separate services, if OpenAI transcribes.
setting-openai-transcription-model = Transcription model for calls
    .help = Writes down what the caller says during the call.
setting-openai-file-transcription-model = Transcription model for recordings
    .help = Writes down recordings.
setting-openai-chat-model = Text model
    .help = Answers turn by turn when no live audio is possible.
setting-openai-turn-detection = End of the caller's turn
    .help = Whether a pause or the meaning ends the caller's turn.
setting-openai-vad-threshold = Volume of speech
    .help = From which volume on sound counts as speech, 0 to 1.
setting-openai-vad-prefix-padding-ms = Sound before speech
    .help = How much sound from before the beginning of speech is kept.
setting-openai-vad-silence-ms = Silence that ends the turn
    .help = The length of a pause after which the agent answers.
setting-openai-early-replies = Prepare replies early
    .help = Whether a reply is prepared in a short pause already, and heard once the caller has finished.
setting-openai-vad-eagerness = Eagerness to answer
    .help = How soon the agent takes a pause for the end of the turn.
setting-openai-reasoning-effort = Reasoning effort
    .help = How much a reasoning model thinks before it answers, while the caller waits. lowest: the least that the model accepts.
setting-openai-max-output-tokens = Length of an answer
    .help = The most tokens of one answer.

setting-google-credentials-file = Account file
    .help = The JSON file of a Google service account, which transcribes or speaks in calls if Google is chosen under "Who transcribes" or "Who speaks".
setting-google-credentials-json = Account
    .help = The JSON of a Google service account itself, if there is no file.
setting-google-region = Region
    .help = Where Google transcribes and speaks. The model has to exist there.
setting-google-speech-base-url = Address of speech to text
    .help = Another address than that of the region.
setting-google-tts-base-url = Address of text to speech
    .help = Another address than that of the region.
setting-google-token-url = Address for tokens
    .help = Where the account is exchanged for a token.
setting-google-stt-model = Transcription model
    .help = Writes down what the caller says during the call.
setting-google-voice = Voice
    .help = The voice of the agent: one of the Chirp 3 HD voices, such as Kore or Charon.
setting-google-silence-ms = Silence before an answer
    .help = The length of a pause after which the agent answers.

setting-elevenlabs-api-key = ElevenLabs key
    .help = Transcribes or speaks in calls, if it is chosen under "Who transcribes" or "Who speaks".
setting-elevenlabs-base-url = Address of ElevenLabs
    .help = The address of the service.
setting-elevenlabs-stt-model = Transcription model
    .help = Writes down what the caller says during the call.
setting-elevenlabs-tts-model = Speech model
    .help = Speaks the agent's answers. Only the third generation knows Hebrew.
setting-elevenlabs-voice = Voice
    .help = The id of the voice, from ElevenLabs' list of voices.
setting-elevenlabs-vad-silence-ms = Silence before an answer
    .help = The length of a pause after which the agent answers.
setting-elevenlabs-multilingual = Several languages in one call
    .help = Whether the language of each sentence is detected. If not, the transcriber expects the language of the contact, or that of the agent.

setting-elevenlabs-key-terms = Names as words to expect
    .help = Whether the transcriber knows the names of your business, services and people. ElevenLabs charges for it.

setting-deepgram-api-key = Deepgram key
    .help = Transcribes calls, if it is chosen under "Who transcribes".
setting-deepgram-base-url = Address of Deepgram
    .help = The address of the service.
setting-deepgram-model = Transcription model
    .help = Writes down what the caller says during the call. Only nova-3 knows Hebrew.
setting-deepgram-endpointing-ms = Silence before an answer
    .help = The length of a pause after which the agent answers.
setting-deepgram-multilingual = Several languages in one call
    .help = Whether Hebrew, English, Arabic and Russian are recognised in any call. Only nova-3 can do it.

setting-soniox-api-key = Soniox key
    .help = Transcribes and speaks in calls, with the text model of your choice. A new account can speak in 3 calls at once; further calls go to voicemail.
setting-soniox-stt-base-url = Address of speech to text
    .help = The address of Soniox's transcription.
setting-soniox-tts-base-url = Address of text to speech
    .help = The address of Soniox's voices.
setting-soniox-stt-model = Transcription model
    .help = Writes down what the caller says during the call.
setting-soniox-tts-model = Speech model
    .help = Speaks the agent's answers.
setting-soniox-voice = Voice
    .help = The voice of the agent.
setting-soniox-max-endpoint-delay-ms = Longest wait for the caller
    .help = How long after the caller's last word the turn ends at the latest.

setting-pipeline-model-base-url = Address of the text model
    .help = A server that is compatible with OpenAI's chat; empty: the one of OpenAI.
setting-pipeline-model-api-key = Key of the text model
    .help = The key of that server, if it needs one.
setting-pipeline-model-api = Interface of the text model
    .help = How the text model is asked; automatic: the Responses API at OpenAI, chat completions elsewhere.
setting-pipeline-model = Text model
    .help = Answers the caller; empty: OpenAI's text model.
setting-pipeline-speculation = Think ahead
    .help = Request an answer before the caller has certainly finished: faster, and a little more expensive.
setting-pipeline-duplicate-requests = Ask twice when the caller waits
    .help = Send some requests twice and use the faster response. Up to 40 % of the requests to the text model are then discarded but paid for, and the first words of most answers are synthesised twice. Not for servers of your own.
setting-pipeline-transcriber = Who transcribes
    .help = The service that writes down what the caller says; its key is needed.
setting-pipeline-transcription-base-url = Address of the transcription server
    .help = A server that is compatible with OpenAI's transcriptions.
setting-pipeline-transcription-api-key = Key of the transcription server
    .help = The key of that server, if it needs one.
setting-pipeline-transcription-model = Model of the transcription server
    .help = Writes down each sentence of the caller.
setting-pipeline-transcription-silence-ms = Silence before a transcription
    .help = The length of a pause after which the caller's sentence is sent to the transcription server.
setting-pipeline-synthesiser = Who speaks
    .help = Soniox, ElevenLabs, Google, or a server that is compatible with OpenAI's speech.
setting-pipeline-speech-base-url = Address of the speech server
    .help = A server that is compatible with OpenAI's speech.
setting-pipeline-speech-api-key = Key of the speech server
    .help = The key of that server, if it needs one.
setting-pipeline-speech-model = Model of the speech server
    .help = The model that speaks.
setting-pipeline-speech-voice = Voice of the speech server
    .help = The voice of the agent.
setting-pipeline-speech-sample-rate = Sample rate of the speech server
    .help = The sample rate of its audio, in Hz.
setting-pipeline-cents-per-hour = Price of an hour of calls
    .help = What transcription, text model and voice cost together for an hour of calls, in US cents, as on your bills. Counts towards the price of a call and the limit in dollars per day; 0 if all of it runs on your own machine.

setting-voice-engine = Who answers calls
    .help = The agent, or a voicemail that takes messages.
setting-voice-ring-first = Ring the phones first
    .help = Before the agent answers, a call rings at the phones of the staff; who picks up hears who calls, and presses 1. Otherwise the agent answers.
setting-voice-ring-numbers = Which phones ring
    .help = All of them ring at the same time, at most ten, and the first to answer gets the call. Turn off their voicemail, which would answer first. Empty: the phone that calls are transferred to.
setting-voice-ring-first-s = How long the phones ring
    .help = After this, the agent answers.
setting-voice-ring-page-s = How long the page rings
    .help = When a caller asks for a person, the page rings first, for those who have it open, and then the phone. Without a phone, the agent continues. 0: only the phone rings.
setting-voice-ai-engines = Order of the AI engines
    .help = The next one continues a call whose engine fails; those without a key are left out.
setting-voice-greeting-file = File of the greeting
    .help = An MP3 or WAV file of the machine, at most 10 seconds, in place of the page's greeting.
setting-voice-fallback-file = Announcement before recording
    .help = What callers hear before Twilio records a message.
setting-voice-lead-ms = Audio sent ahead
    .help = How far ahead of playback audio is sent to Twilio.
setting-voice-idle-prompt-s = Question after a silence
    .help = The silence after which the caller is asked "are you there?"; 0: never.
setting-voice-max-call-s = Longest call
    .help = A call ends after this time.
setting-voice-recording = Record calls
    .help = Keep a recording of each call.
setting-voice-input-log-days = Logs for replaying calls
    .help = How many days the log of everything that a recorded call received is kept, for `agentlocator replay`. With 0, nothing is logged.
setting-voice-say-voice = Voice of announcements
    .help = The voice that speaks while the agent is not connected.
setting-voice-message-max-s = Longest message
    .help = The longest message that a caller may leave.
setting-voice-message-silence-s = Silence that ends a message
    .help = After this silence a message counts as complete.
setting-voice-end-robot-calls = Hang up on machines
    .help = On a fax or a modem by its tone, and on a recorded announcement that asks to press a key. Calls of people are not ended.
setting-voice-end-silent-calls = Hang up on silent calls
    .help = On a caller who has not said a word, eight seconds after the agent asked once whether the caller is there. Robot dialers do not answer. Has no effect if the agent never asks.
setting-voice-agent-speaks-first = The agent speaks first
    .help = The agent says something right after the greeting.
setting-voice-ai-calls-at-once = Calls with the agent at once
    .help = More calls at the same time go to voicemail; 0: no limit.
setting-voice-ai-calls-per-number-at-once = Calls at once from one number
    .help = The same for calls from one number; 0: no limit.
setting-voice-ai-calls-per-number-per-day = Calls a day from one number
    .help = More calls of that day go to voicemail; 0: no limit.
setting-voice-ai-minutes-per-day = Minutes a day with the agent
    .help = After these minutes calls go to voicemail; 0: no limit.
setting-voice-ai-usd-per-day = Cost a day of the agent
    .help = After this amount in US dollars calls go to voicemail; 0: no limit.

setting-business-name = Name of the business
    .help = The agent introduces itself with this name.
setting-business-time-zone = Time zone
    .help = Times on the page, daily limits and nightly tasks follow it. Existing appointments and scheduled messages stay at the same moment, so their local time changes.
setting-business-country = Country
    .help = The country of phone numbers without a country code.

setting-agent-instructions = Instructions for the agent
    .help = What the agent should know and do, in your own words.
setting-agent-language = Language of the agent
    .help = The language in which the agent begins.
setting-agent-transfer-to = Transfer calls to
    .help = The phone number of a person for callers who ask for one; not set: calls are not transferred.
setting-agent-pronunciation = How words are pronounced
    .help = Names and words that the agent says wrong, one per line: as it is written = as it is spoken.
setting-agent-send-whatsapp = Send callers WhatsApp messages
    .help = During a call, if the caller agrees: the address, a link, a price; to the number of the call, at most three in 24 hours.
setting-agent-summaries = Summarize calls
    .help = After each call the AI writes a summary, and notes the language, leads, tasks and questions without an answer.
setting-agent-confirm-appointments = Confirm appointments by WhatsApp
    .help = After the agent books, moves or cancels an appointment in a call, the caller gets a WhatsApp message about it.
setting-agent-call-notices = Message to you after calls
    .help = By mail or WhatsApp, to the recipients of alerts: after calls with a result, after all calls, or never.
setting-agent-text-missed-callers = Write to callers who hung up
    .help = Before they got help; by WhatsApp, at most once a day. WhatsApp requires that people have agreed to messages from you.
setting-agent-missed-call-text = Message to callers who hung up
    .help = Empty: a built-in message in the agent's language.
setting-agent-calls-from-hour = Calls of the agent: from
    .help = The hour from which the agent makes calls that you asked for. In Israel it never calls on Saturdays and holidays, nor after 13:00 before them.
setting-agent-calls-until-hour = Calls of the agent: until
    .help = The hour at which the agent stops making such calls.

setting-alerts-whatsapp-to = WhatsApp number for alerts
    .help = Your own number, to which alerts are sent.
setting-alerts-mail-to = E-mail addresses for alerts
    .help = The addresses to which alerts are sent.
setting-alerts-language = Language of alerts
    .help = Not set: Hebrew if the agent's language is Hebrew, else English.
setting-alerts-repeat-hours = Repetition of alerts
    .help = After this time a lasting alert is sent again.
setting-alerts-settle-s = Calm before the all-clear
    .help = How long a problem must be gone before its alert ends.
setting-alerts-bridge-down-after-s = Delay of the bridge's alert
    .help = How long the bridge may be down before an alert.
setting-alerts-replication-after-s = Delay of the replication's alert
    .help = How long Litestream may be missing before an alert.
setting-alerts-failed-calls = Failed calls before an alert
    .help = So many calls in a row that the AI could not answer raise an alert.

setting-mail-host = Mail server
    .help = The server that sends alerts by e-mail.
setting-mail-port = Port of the mail server
    .help = Not set: the usual port of the chosen encryption.
setting-mail-tls = Encryption of mail
    .help = How the connection to the mail server is encrypted.
setting-mail-username = User at the mail server
    .help = Usually the e-mail address.
setting-mail-password = Password at the mail server
    .help = Often a password that the provider creates for programs.
setting-mail-from = Sender of mail
    .help = The address from which alerts come; not set: the user.
setting-mail-ca-file = Root of the mail server
    .help = A root certificate for a mail server of your own.
setting-mail-timeout-s = Time limit of the mail server
    .help = How long an answer of the server may take.

setting-disk-media-stops-below = Free space for files
    .help = With less free space, files and recordings are not stored.
setting-disk-critical-below = Free space of a full disk
    .help = With less free space, the disk counts as full.
setting-disk-bridge-folder = Folder of the bridge
    .help = The folder whose disk is watched too.

setting-retention-media-days = Keep files
    .help = Files of messages are deleted after this time; 0: never.
setting-retention-recordings-days = Keep recordings
    .help = Recordings of calls are deleted after this time; 0: never.
setting-retention-transcripts-days = Keep transcripts
    .help = Transcripts of calls are deleted after this time; 0: never.
setting-retention-journal-days = Keep raw webhooks
    .help = What the providers sent is deleted after this time; 0: never.
setting-retention-audit-days = Keep the audit log
    .help = Who changed what is deleted after this time; 0: never.

setting-maintenance-hour = Hour of the self-check
    .help = The hour of the nightly self-check.
setting-maintenance-self-check = Nightly self-check
    .help = Test calls, messages and backups each night.

setting-store-database-url = Database
    .help = The file of the database.
setting-store-publish = Copy beside the database
    .help = Keep a copy that any program may read at any time.
setting-store-publish-interval-ms = Interval of the copy
    .help = The least time between two updates of the copy.
setting-store-readers = Read connections
    .help = How many reads of the database run at once.
setting-store-keep-snapshots = Snapshots before updates
    .help = How many copies from before updates are kept.
setting-store-litestream = Litestream
    .help = Another machine is kept current by Litestream.

setting-backup-enabled = Nightly backup
    .help = Create a verified copy of the database each night.
setting-backup-hour = Hour of the backup
    .help = The hour after which it is created.
setting-backup-folder = Folder of the backups
    .help = Not set: the folder snapshots beside the database.
setting-backup-keep-days = Keep daily backups
    .help = The number of days of which the last backup is kept.
setting-backup-keep-weeks = Keep weekly backups
    .help = The number of weeks of which the last backup is kept.
setting-backup-budget = Space for backups
    .help = How much of the disk all backups together may take.
setting-backup-start-delay-s = Delay after a start
    .help = How long after a start a missed backup is made.
setting-backup-age-recipients = Encryption keys
    .help = Backups can be read only with one of these keys; empty: not encrypted.
setting-backup-s3-endpoint = Address of the bucket
    .help = The address of the S3 service that keeps backups.
setting-backup-s3-bucket = Bucket
    .help = The name of the bucket.
setting-backup-s3-region = Region of the bucket
    .help = The region of the S3 service.
setting-backup-s3-prefix = Prefix in the bucket
    .help = The beginning of all names in the bucket.
setting-backup-s3-path-style = Bucket in the path
    .help = The bucket's name is in the path and not in the host.
setting-backup-s3-access-key-id = Access key id
    .help = The id of the key to the bucket.
setting-backup-s3-secret-access-key = Secret access key
    .help = The key to the bucket.

setting-log-level = Detail of the log
    .help = How much the service writes into its log.

setting-updates-check = Check for updates
    .help = Whether the service looks for newer releases each week.
setting-updates-feed-url = Address of the releases
    .help = Where the list of releases is read.

## What checks find. The keys are stored in databases: add new ones, never rename one.

found-twilio-unset = no Twilio account is set (Account SID and Auth token): no calls, no WhatsApp by Twilio
found-twilio-accepted = Twilio accepts the account and its token
found-twilio-trial = the account is a trial: only verified numbers can call and be reached, callers hear Twilio's announcement first, and some of what calls need may be blocked
found-twilio-status = Twilio reports the account as { $status }: no calls come in
found-twilio-refused = Twilio does not accept TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN
found-twilio-answer = Twilio answers { $status }: { $reason }
found-twilio-unreachable = Twilio cannot be reached ({ $reason })
found-twilio-error = { $reason }

found-twilio-sender-unknown = Twilio does not list the account's WhatsApp senders; check the sender in the console, Messaging > Senders: { $url }/webhook/whatsapp/twilio, status { $url }/webhook/whatsapp/twilio/status
found-whatsapp-sandbox = the WhatsApp sender is Twilio's sandbox, whose settings cannot be queried; check in the console, Messaging > Try it out > Send a WhatsApp message > Sandbox settings: { $url }
found-whatsapp-sender-missing = the account has no WhatsApp sender { $number }
found-whatsapp-sender-status = the WhatsApp sender { $number } cannot send or receive yet: Twilio reports { $status }
found-whatsapp-sender-offline = the WhatsApp sender { $number } cannot send or receive: Twilio reports { $status } ({ $reason })
found-whatsapp-sender-nowhere = WhatsApp messages to { $number } go nowhere
found-whatsapp-sender-elsewhere = WhatsApp messages to { $number } go to { $url }
found-whatsapp-sender-method = WhatsApp messages to { $number } are sent here with the method { $method }, but must be sent with POST
found-whatsapp-sender-here = WhatsApp messages to { $number } come here

found-numbers-unset = this needs a Twilio account and a public address
found-number-missing = the account has no number { $number }
found-numbers-none = the account has no phone number
found-numbers-elsewhere = none of the account's { $count } numbers sends its calls here
found-number-trunk = calls to { $number } go to a SIP trunk ({ $sid }), which overrides the number's webhooks
found-number-app = calls to { $number } go to a TwiML app ({ $sid }), which overrides the number's webhooks
found-number-here = calls to { $number } come here
found-number-elsewhere = calls to { $number } go to { $url }
found-number-nowhere = calls to { $number } go nowhere
found-number-status-elsewhere = status changes of calls to { $number } are sent to { $url }
found-number-status-nowhere = status changes of calls to { $number } are sent nowhere
found-number-fallback-missing = callers of { $number } hear an error while this machine is off
found-number-fallback-here = the fallback of { $number } is on this machine too: { $url }

found-address-unset = no public address is set, so Twilio cannot call this machine
found-address-unresolved = the name { $host } cannot be resolved ({ $reason })
found-address-private = { $record } is this daemon, but only within your own network
found-address-here = { $record } is this machine and this daemon
found-address-forwarded = { $record } leads to this daemon, through a router, a proxy or a tunnel
found-address-other-machine = { $record } is another machine (it answers { $status })
found-address-not-this = { $record } answers, but is not this daemon (HTTP { $status })
found-address-silent-among-others = { $record } does not answer ({ $reason }), while others do
found-address-silent-here = { $record } is this machine, but nothing answers there ({ $reason })
found-address-silent = { $record } does not answer ({ $reason })
found-address-no-route = { $record } cannot be checked: this machine has no route to it
found-address-unchecked = { $record }; not checked, because no daemon runs

found-ai-no-key = no AI key is set (OPENAI_API_KEY): callers leave a message instead
found-ai-no-key-needed = no key of OpenAI is set (OPENAI_API_KEY): the pipeline engine answers callers
found-ai-accepted = the AI accepts the key and the settings, and offers { $model }
found-ai-model-missing = the key may not use { $models }
found-ai-shutdown = { $model } is shut down on { $day } ({ $days } days)
found-ai-rejected-settings = the AI rejects these call settings, and calls continue without them: { $fields }
found-ai-no-session = no session for a call can be opened: { $reason }
found-ai-slow-session = no session for a call can be opened: it did not answer within { $seconds } s
found-ai-key-rejected = the AI rejects the key ({ $reason })
found-ai-no-credit = the AI account has no credit or quota left ({ $reason })
found-ai-rate-limited = the AI rejects requests because there are too many ({ $reason })
found-ai-answer = the AI answers { $status } { $reason }
found-ai-unreachable = the AI cannot be reached ({ $reason })
found-ai-unusable = { $reason }

found-pipeline-works = the pipeline engine works: { $transcriber } transcribes, { $model } answers, { $synthesiser } speaks
found-pipeline-transcriber = { $service } does not transcribe calls of the pipeline engine: { $reason }
found-pipeline-model = the model { $model } does not answer in the pipeline engine: { $reason }
found-pipeline-slow = { $part } needed { $seconds } s, too long for a conversation: the caller hears requests to wait, and after { $limit } s another AI engine answers, or the caller leaves a message
found-pipeline-reasoning = the model { $model } writes its reasoning into its answers; calls leave it out, but the caller waits for it
found-pipeline-synthesiser = { $service } does not speak in the pipeline engine: { $reason }

found-bridge-unused = the WhatsApp bridge is not in use
found-bridge-unusable = the WhatsApp bridge cannot be queried: { $reason }
found-bridge-linked = the WhatsApp bridge is linked
found-bridge-linked-to = the WhatsApp bridge is linked to { $account }
found-bridge-connected = connected
found-bridge-restricted = WhatsApp does not let the account write to new contacts
found-bridge-restricted-until = WhatsApp does not let the account write to new contacts until { $until }
found-bridge-not-receiving = the bridge has received nothing from WhatsApp since { $since }, and the account's phone does not answer
found-bridge-unread = { $count ->
    [one] one message from WhatsApp could not be parsed and was archived
   *[other] { $count } messages from WhatsApp could not be parsed and were archived
}

found-certificate-valid = valid until { $end }
found-certificate-unset = no certificate is configured
found-backup-off = switched off
found-backup-pending = no nightly snapshot was due yet
found-backup-good = the last snapshot is good
found-database-intact = checked completely in { $took_ms } ms, and intact
found-database-damaged = { $reason }
found-copy-equal = intact, and equal to the database
found-copy-off = switched off ([store] publish)
found-copy-behind = the file is behind the database: another program has it open, or the disk has no space for it
found-copy-foreign = another file has its name
found-copy-frozen = the database is damaged; the file is kept as the last undamaged copy
found-copy-pages-differ = { $count } pages differ from the database, the first is page { $page }
found-copy-no-space = there is not enough disk space to check it
found-copy-differs = { $reason }
found-disk-good = enough free space
found-outbox-good = no message is stuck
found-outbox-stopped = the outbox is not being processed
found-outbox-stuck = { $count ->
    [one] one message has waited for over ten minutes
   *[other] { $count } messages have waited for over ten minutes
}
found-jobs-failed = { $count } failed permanently in the last day
found-unknown = cannot be checked: { $reason }
found-gave-up = this took longer than { $seconds } s and was given up

## What to do about it.

remedy-twilio-upgrade = upgrade it in Twilio's console before the first call
remedy-twilio-console = see Twilio's console; the usual reason is a payment
remedy-twilio-credentials = copy both from the front page of Twilio's console; a token that was regenerated there must be set here too
remedy-twilio-later = try again later; status.twilio.com reports incidents
remedy-settings = see the settings
remedy-internet = check that this machine reaches the internet: name server, firewall, clock

remedy-number-check = check the number in Twilio's console, Phone Numbers > Manage > Active numbers
remedy-number-buy = buy one in Twilio's console
remedy-number-name = name the number to use: agentlocator doctor --fix --number +972..., or [twilio] phone_number
remedy-number-webhook = in Twilio's console set the number to Webhook, or set the app's URLs to those of this machine
remedy-number-voice-url = agentlocator doctor --fix, or in Twilio's console, A call comes in: { $url }
remedy-number-status-url = agentlocator doctor --fix, or in Twilio's console, Call status changes: { $url }
remedy-whatsapp-sender-add = in Twilio's console, Messaging > Senders > WhatsApp senders, register the number, or set TWILIO_WA_FROM to a number that is listed there
remedy-whatsapp-sender-console = see the sender in Twilio's console, Messaging > Senders > WhatsApp senders
remedy-whatsapp-sender-webhook = in Twilio's console, Messaging > Senders > WhatsApp senders, open the number and set the webhook for incoming messages, with POST: { $url }
remedy-number-fallback = in Twilio's console set Primary handler fails to a TwiML Bin; the quick start has one to copy ("While the machine is off")

remedy-address-set = enter the https address of this machine, of the proxy or of the tunnel in the field "Public address" (PUBLIC_BASE_URL)
remedy-address-record = at the domain's registrar, create an A record with this machine's public IPv4 address; or check that this machine reaches a name server (`resolvectl status`)
remedy-address-public = Twilio needs an address that is reachable from the internet: a public record, a tunnel or a proxy
remedy-address-wrong-record = at the domain's registrar, correct or remove the { $kind } record of { $host }
remedy-address-proxy = point the proxy or tunnel there to http://127.0.0.1:8080 of this machine; if the address belongs to another machine, correct the { $kind } record of { $host }
remedy-address-listener = check that the machine is connected and that no firewall here blocks the port. The administrator also checks that agentlocator-https.socket or the proxy runs
remedy-address-ports = open ports 80 and 443 in the router and the firewall, and forward them to this machine. Some routers do not forward requests from their own network: open https://{ $host }/livez on a phone without Wi-Fi; if it shows ok, the address works
remedy-address-no-ipv6 = if this machine has no IPv6, remove the { $kind } record: certificate authorities try it first

remedy-ai-model = allow it in the project's settings at OpenAI, or set another model under [openai]
remedy-ai-successor = set its successor under [openai] (platform.openai.com/docs/deprecations)
remedy-ai-other-values = name other values under [openai] (transcription_model, voice, ...) or agent.language
remedy-ai-messages = callers leave a message until that is fixed: see the settings under [openai], and status.openai.com
remedy-ai-new-key = create a new key at platform.openai.com, and set OPENAI_API_KEY
remedy-ai-credit = add credit or raise the quota in the account of the service: { $settings }
remedy-ai-later = it passes within minutes; if it returns, ask for a higher limit in the account of the service
remedy-ai-status = check the internet connection and the status page of the service, and try again later
remedy-ai-limits = check the account's limits and billing, and status.openai.com
remedy-ai-address = check that the AI server runs at { $url }, and that its address in the settings (openai.base_url) has the right port and path, such as /v1
remedy-ai-server = check that OPENAI_BASE_URL is an OpenAI-compatible server

remedy-pipeline-settings = check these settings, and the account there: { $settings }
remedy-pipeline-slow = choose a smaller model or a faster machine, and keep the model loaded; the settings: { $settings }
remedy-pipeline-parser = turn on the tool calls of the server at { $setting }: vLLM with --enable-auto-tool-choice and --tool-call-parser, llama.cpp with --jinja; or choose a model that the server supports with tools
remedy-pipeline-reasoning = turn off the reasoning of the model, or choose a model without it; the server at { $setting } can separate it: vLLM with --reasoning-parser, llama.cpp with --reasoning-format
remedy-pipeline-address = check that the server runs, and that { $setting } is its address

remedy-report = report it
remedy-bridge-write-less = write less to contacts who have not written first
remedy-bridge-phone = if the phone is off or offline, turn it on; if it is on, link the account again
remedy-bridge-log = see the log of both services for WA_BAILEYS, and report it

remedy-doctor = run `agentlocator doctor`
remedy-restore = restore an earlier backup (agentlocator restore), and keep the damaged file
remedy-free-space = free disk space
remedy-jobs-log = see the reasons in the log (JOB_FAILED)
remedy-hangs = see whether the network or the disk hangs, then look again
