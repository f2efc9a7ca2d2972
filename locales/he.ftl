# The texts that people read and hear, in Hebrew. en.ftl has the same keys with the same parameters.
# Texts in `backticks` are commands to copy, and stay as they are.

## Details of alerts, and why a message was not sent. The keys are stored in databases: add new ones, never rename one.

verbatim = { $text }

# The machine

disk-space = נותרו { $free } מתוך { $total }.
disk-files = { $files ->
    [0] אי אפשר ליצור עוד קבצים.
    [one] אפשר ליצור עוד קובץ אחד בלבד.
    [two] אפשר ליצור עוד שני קבצים בלבד.
   *[other] אפשר ליצור עוד { $files } קבצים בלבד.
}
bridge-disk-space = הדיסק של גשר הוואטסאפ: נותרו { $free } מתוך { $total }.
clock-before-build = השעון מראה { $now }, לפני שהתוכנה נבנתה ({ $built }).
clock-before-newest-entry = השעון מראה { $now }, לפני הרשומה האחרונה במסד הנתונים ({ $newest }).
clock-ahead = לפי { $host }, השעון מקדים בהפרש של { clock-difference }.
clock-behind = לפי { $host }, השעון מפגר בהפרש של { clock-difference }.
clock-difference = { $unit ->
    [second] { $count ->
        [one] שנייה אחת
        [two] שתי שניות
       *[other] { $count } שניות
    }
    [minute] { $count ->
        [one] דקה אחת
        [two] שתי דקות
       *[other] { $count } דקות
    }
    [hour] { $count ->
        [one] שעה אחת
        [two] שעתיים
       *[other] { $count } שעות
    }
    [day] { $count ->
        [one] יום אחד
        [two] יומיים
       *[other] { $count } ימים
    }
   *[year] { $count ->
        [one] שנה אחת
        [two] שנתיים
       *[other] { $count } שנים
    }
}
certificate-expires = התעודה תקפה עד { $end }. { $reason }
certificate-missing = אין תעודה. { $reason }
backup-old = הגיבוי הטוב האחרון: { $last }. { $reason }
backup-missing = עדיין אין גיבוי טוב. { $reason }

# The database files

log-reader = גודל יומן הכתיבה: { $size_mb } MB. תהליך { $process } קורא את מסד הנתונים: { $command }
log-reader-unknown = גודל יומן הכתיבה: { $size_mb } MB. הקורא הוא השירות עצמו, או אינו ידוע.
copy-late = { $count ->
    [one] העותק מפגר בשנייה: { $reason }
    [two] העותק מפגר בשתי שניות: { $reason }
   *[other] העותק מפגר ב־{ $count } שניות: { $reason }
}
foreign-file = תוכנה אחרת שינתה את { $file } או החליפה אותו. הקובץ נשאר כמות שהוא, והשירות ממשיך עם הנתונים שלו. להשתמש בקובץ ההוא: הכפתור כאן, או `agentlocator restore { $file }`. להמשיך עם הנתונים הנוכחיים: הכפתור כאן, או העבירו את הקובץ משם.
last-sound-copy = העותק התקין האחרון הוא { $file }, והוא אינו משתנה יותר. להמשיך ממנו: `agentlocator restore { $file }`. הנזק: { $findings }
started-from = מסד הנתונים מ־{ $file } נמצא בשימוש.
started-promoted = מכונה זו פועלת במקום מכונה אחרת, עם הנתונים שהועתקו ממנה עד { $until }. הודעות ושיחות שהגיעו לשם אחר כך אינן כאן.
started-live-changed = תוכנה אחרת שינתה את `live/db.sqlite` בזמן שהשירות היה כבוי, והוא נמצא בשימוש. הנתונים שלפני כן נשמרו ב־{ $archived }; לחזור אליהם: `agentlocator restore { $archived }`.
started-restored = הגיבוי שהונח ב־{ $file } נמצא בשימוש. מסד הנתונים הקודם נשמר ב־{ $archived }; לחזור אליו: `agentlocator restore { $archived }`.
started-folder-copied = התיקייה הזאת היא העתק של תיקייה אחרת, שנעשה בזמן שהשירות פעל. בשימוש נמצא { $file }, שיש בו כל מה שאושר לפני תחילת ההעתקה. מסד הנתונים מתוך `live` נשמר ב־{ $archived }.
started-folder-copied-because = התיקייה הזאת היא העתק של תיקייה אחרת, שנעשה בזמן שהשירות פעל. בשימוש נמצא { $file } ({ $reason }). מסד הנתונים מתוך `live` נשמר ב־{ $archived }.
started-late-folder-copied = התיקייה הזאת היא העתק של תיקייה אחרת, שנעשה בזמן ש־{ $file } פיגר. לכן בשימוש נמצא מסד הנתונים מתוך `live`, שנקרא כולו ונמצא תקין. הקובץ שפיגר נשמר ב־{ $archived }; לחזור אליו: `agentlocator restore { $archived }`.
started-live-damaged = מסד הנתונים נפגם. במקומו נמצא בשימוש { $file }. הקובץ הפגום נשמר ב־{ $archived }.
started-live-damaged-because = מסד הנתונים נפגם ({ $reason }). במקומו נמצא בשימוש { $file }. הקובץ הפגום נשמר ב־{ $archived }.
started-found-foreign = ב־{ $file } היה קובץ שהשירות לא כתב. הוא נשמר ב־{ $archived }, והשירות ממשיך עם הנתונים שלו. להשתמש בו: `agentlocator restore { $archived }`.
started-found-foreign-because = ב־{ $file } היה קובץ שהשירות לא כתב ({ $reason }). הוא נשמר ב־{ $archived }, והשירות ממשיך עם הנתונים שלו. להשתמש בו: `agentlocator restore { $archived }`.

# The AI

ai-calls-failed = { $count ->
    [one] שיחה אחת.
    [two] שתי שיחות ברצף.
   *[other] { $count } שיחות ברצף.
} הסיבה האחרונה: { $reason }
ai-limit-near = ההגדרה { $setting }: נוצלו { $used } מתוך { $limit }

# The outbox

outbox-held = { $count ->
    [one] הודעה אחת חיכתה לשליחה במסד הנתונים ששוחזר.
    [two] שתי הודעות חיכו לשליחה במסד הנתונים ששוחזר.
   *[other] { $count } הודעות חיכו לשליחה במסד הנתונים ששוחזר.
}
outbox-stopped = התור אינו זז.
outbox-waiting = { $count ->
    [one] הודעה אחת מחכה יותר מתשע דקות, למרות ניסיונות לשלוח.
    [two] שתי הודעות מחכות יותר מתשע דקות, למרות ניסיונות לשלוח.
   *[other] { $count } הודעות מחכות יותר מתשע דקות, למרות ניסיונות לשלוח.
}
outbox-undelivered = נשלחו לפני יותר מתשע דקות ולא נמסרו: { $count } (Twilio: { $by_twilio }, הגשר: { $by_bridge }), אנשי קשר: { $contacts }.

# Why a message was not sent, or may have been

message-unconfirmed = ייתכן שההודעה נשלחה; הדבר נבדק, ואין לשלוח אותה שוב
message-expired = לא ניתן היה לשלוח את ההודעה במשך 24 שעות; נסו שוב
message-lost = לא ידוע אם ההודעה נשלחה; בדקו בטלפון לפני ששולחים שוב
message-needs-template = עברו יותר מ־24 שעות מאז שהלקוח כתב, ולא הוגדרה תבנית לשליחה דרך Twilio
message-opted-out = הלקוח חסם את המספר שלנו או ביקש לא לקבל הודעות; אפשר לכתוב לו שוב אחרי שיכתוב
message-no-provider = אין דרך וואטסאפ פעילה שיכולה לשלוח את ההודעה הזאת
message-provider-removed = הדרך שבה ההודעה הייתה אמורה להישלח כבר אינה מוגדרת
message-discarded = ההודעה לא נשלחה אחרי השחזור

# The bridge, and what WhatsApp says to it. What follows the semicolon is what to do.

bridge-starting = גשר הוואטסאפ עולה; המתינו רגע
bridge-unpaired = אין חשבון וואטסאפ מקושר; בקשו קוד חדש בלשונית WhatsApp שבדף
bridge-pairing = אין עדיין חשבון וואטסאפ מקושר; סרקו את הקוד שבדף מהטלפון: וואטסאפ, מכשירים מקושרים, קישור מכשיר
bridge-connecting = גשר הוואטסאפ מתחבר לוואטסאפ; אם זה נמשך, בדקו את החיבור לאינטרנט
bridge-unanswered = וואטסאפ אינה מאשרת הודעות בקישור הזה; פתחו את וואטסאפ בטלפון, ואם זה נמשך, קשרו את החשבון מחדש
bridge-logged-out = וואטסאפ ניתקה את הקישור לחשבון; סרקו קוד חדש בלשונית WhatsApp שבדף
bridge-replaced = תוכנה אחרת משתמשת באותו קישור לוואטסאפ; עצרו אותה, ואז לחצו בדף על חיבור מחדש
bridge-banned = וואטסאפ חסמה את החשבון; בקשו בדיקה באפליקציית וואטסאפ בטלפון, ואז לחצו בדף על חיבור מחדש
bridge-outdated = וואטסאפ כבר אינה מקבלת את הגרסה של הגשר; עדכנו אותו, ואז לחצו בדף על חיבור מחדש
bridge-multidevice-mismatch = וואטסאפ שבטלפון אינה תומכת במכשירים מקושרים; עדכנו אותה בטלפון, ואז לחצו בדף על חיבור מחדש
bridge-disk = גשר הוואטסאפ אינו יכול לכתוב לדיסק שלו; פנו מקום, והוא ימשיך מעצמו
bridge-damaged = גשר הוואטסאפ אינו יכול לקרוא את קובץ הקישור שלו; שחזרו אותו מגיבוי, או בקשו קוד חדש בדף
bridge-other = גשר הוואטסאפ אינו מחובר לוואטסאפ; הסיבה ביומן שלו
bridge-unreachable = גשר הוואטסאפ אינו פועל; ודאו שהשירות שלו רץ
bridge-silent = גשר הוואטסאפ אינו עונה; הפעילו מחדש את השירות שלו
bridge-unauthorized = גשר הוואטסאפ לא קיבל את הסיסמה שלנו; ודאו שאותו BAILEYS_WEBHOOK_SECRET מוגדר בשני הצדדים
bridge-disabled = גשר הוואטסאפ אינו בשימוש; הגדירו BAILEYS_WEBHOOK_SECRET, כאן ובגשר
bridge-not-connected = גשר הוואטסאפ אינו מחובר לוואטסאפ; הסיבה בלשונית WhatsApp שבדף
bridge-no-answer = גשר הוואטסאפ לא ענה, וייתכן שההודעה נשלחה
bridge-deaf = מאז { $since }.
whatsapp-blocked = וואטסאפ אינה מאפשרת לנו לכתוב לאדם הזה
whatsapp-no-account = למספר הזה אין וואטסאפ
whatsapp-restricted = וואטסאפ הגבילה את החשבון ואינה מאפשרת לפתוח שיחות חדשות כרגע
whatsapp-restricted-until = עד { $until }.
whatsapp-refused = וואטסאפ לא קיבלה את ההודעה
whatsapp-refused-because = וואטסאפ סירבה לשלוח את ההודעה: { $reason }

# Twilio

twilio-window-closed = עברו יותר מ־24 שעות מאז שהלקוח כתב למספר ה־Twilio; מחוץ לחלון הזה אפשר לשלוח רק תבנית מאושרת
twilio-too-many = נשלחו יותר מדי הודעות בזמן קצר מדי; נסו שוב מאוחר יותר
twilio-no-whatsapp = למספר הזה אין וואטסאפ, או שהוא אינו תקין
twilio-sender-unknown = מספר השולח אינו מוגדר כשולח וואטסאפ בחשבון ה־Twilio; בדקו את TWILIO_WA_FROM
twilio-not-now = וואטסאפ החליטה לא למסור את ההודעה ללקוח הזה כרגע
twilio-stopped = הלקוח ביקש לא לקבל הודעות (STOP); אפשר לכתוב לו שוב אחרי שיכתוב
twilio-contact-blocked = הלקוח חסם את המספר שלנו או ביטל את הסכמתו; אפשר לכתוב לו שוב אחרי שיכתוב
twilio-sender-blocked = וואטסאפ חוסמת הודעות מהמספר שלנו ללקוח הזה
twilio-sandbox = המספר הוא ה־Sandbox של Twilio: הלקוח צריך לשלוח אליו קודם "join" עם המילים שבמסוף של Twilio (Messaging, Try it out), ושוב אחרי שלושה ימים
twilio-too-long = ההודעה ארוכה מדי או שתוכנה מפר את כללי וואטסאפ; Twilio מקבלת עד 1600 תווים
twilio-file = Twilio לא הצליחה להוריד את הקובץ, או שסוגו או גודלו אינם נתמכים
twilio-template = התבנית או המשתנים שלה אינם תקינים או שאינם מאושרים; בדקו את TWILIO_WA_TEMPLATE_SID ואת המשתנים
twilio-content = וואטסאפ לא קיבלה את תוכן ההודעה; שנו את הטקסט או את הקובץ
twilio-account = Twilio לא קיבלה את פרטי החשבון; בדקו את TWILIO_ACCOUNT_SID ואת TWILIO_AUTH_TOKEN
twilio-cancelled = ההודעה בוטלה ב־Twilio לפני שנשלחה
twilio-undelivered = Twilio לא הצליחה למסור את ההודעה
twilio-error = Twilio לא שלחה את ההודעה (שגיאה { $code })
twilio-error-because = Twilio לא שלחה את ההודעה: { $reason } (שגיאה { $code })

## Alerts: the headline, and what to do.

alert-disk-low = הדיסק כמעט מלא
    .remedy = פנו מקום בדיסק. עד אז קבצים והקלטות אינם נשמרים; הודעות נשמרות כל עוד יש מקום כלשהו.
alert-database-unwritable = אי אפשר לשמור דבר במסד הנתונים
    .remedy = בדקו שהדיסק אינו מלא ושאפשר לכתוב אליו. שיחות נענות גם כך; הודעות יתקבלו כשאפשר יהיה לשמור.
alert-published-copy = העותק של מסד הנתונים אינו עדכני
    .remedy = אל תגבו עכשיו את agentlocator.db בהעתקה; `agentlocator doctor` אומר מה לעשות.
alert-log-size = יומן הכתיבה של מסד הנתונים גדל
    .remedy = סיימו את התהליך שקורא את מסד הנתונים, למשל גיבוי שנתקע; אחרת הדיסק יתמלא.
alert-replication = מסד הנתונים אינו מועתק למקום אחר
    .remedy = הפעילו את Litestream: `systemctl status agentlocator-litestream`. אם אין בו עוד צורך, בטלו את store.litestream.
alert-integrity = נמצא נזק במסד הנתונים
    .remedy = שחזרו גיבוי מלפני הנזק: `agentlocator restore`. שמרו את הקובץ הקיים.
alert-foreign-file = קובץ אחר נמצא במקום העותק של מסד הנתונים
    .remedy = החליטו באיזה מהם להשתמש. עד אז אל תגבו את agentlocator.db בהעתקה.
alert-database-replaced = מסד נתונים אחר נמצא בשימוש, או שנמצא קובץ זר במקומו
    .remedy = בדקו שהנתונים הם אלה שרציתם, ואז סגרו את ההודעה.
alert-outbox-held = הודעות מחכות להחלטה אחרי השחזור
    .remedy = ייתכן שכבר נשלחו לפני השחזור. בדקו בטלפון, ואז שלחו אותן או בטלו אותן.
alert-backup = הגיבוי הלילי אינו מצליח
    .remedy = הריצו `agentlocator doctor` על השרת.
alert-certificate = תעודת האבטחה (TLS) אינה מתחדשת
    .remedy = הריצו `agentlocator doctor` על השרת. כשהתעודה תפוג, שיחות והודעות מ־Twilio לא יגיעו.
alert-bridge-down = גשר הוואטסאפ אינו מחובר
    .remedy = פתחו את לשונית WhatsApp בדף; שם כתוב מה לעשות.
alert-bridge-link = הקישור לוואטסאפ נותק
    .remedy = פתחו את לשונית WhatsApp בדף; שם כתוב מה לעשות.
alert-bridge-deaf = דבר אינו נכנס בקישור לוואטסאפ
    .remedy = בדקו שהטלפון של חשבון הוואטסאפ דלוק ומחובר לאינטרנט, ופתחו בו את וואטסאפ. אם הודעות עדיין אינן נכנסות, נתקו את החשבון בדף וקשרו אותו מחדש.
alert-whatsapp-restricted = וואטסאפ הגבילה את החשבון
    .remedy = אל תכתבו לאנשים חדשים עד שההגבלה תוסר. תשובות למי שכתב אליכם אינן מוגבלות.
alert-twilio-refused = Twilio אינה מקבלת את פרטי החשבון
    .remedy = בדקו את TWILIO_ACCOUNT_SID ואת TWILIO_AUTH_TOKEN, ושהחשבון פעיל.
alert-ai-refused = שירות ה־AI אינו מקבל את המפתח
    .remedy = בדקו את OPENAI_API_KEY ואת היתרה בחשבון. עד אז מתקשרים משאירים הודעה.
alert-ai-unavailable = שיחות אינן נענות על ידי ה־AI
    .remedy = בדקו את החיבור לאינטרנט ואת מצב השירות. עד אז מתקשרים משאירים הודעה.
alert-ai-limit = רוב התקרה של ה־AI נוצלה
    .remedy = מעבר לתקרה שיחות עוברות לתא הקולי. בדקו מי מתקשר, או העלו את התקרה (voice.ai_*).
alert-outbox-stuck = הודעות יוצאות אינן נשלחות
    .remedy = הריצו `agentlocator doctor` על השרת.
alert-outbox-undelivered = הודעות שנשלחו לא נמסרו
    .remedy = אם הודעות לאחרים נמסרות, כנראה שהטלפון של הנמען כבוי או שהוא חסם את המספר; התקשרו אליו. אחרת הריצו `agentlocator doctor` על השרת.
alert-clock-wrong = השעון של השרת אינו נכון
    .remedy = הפעילו סנכרון שעון: `timedatectl set-ntp true`.
alert-settings-rejected = יש שגיאה בהגדרות; בשימוש ההגדרות האחרונות שעבדו
    .remedy = תקנו אותן לפי `agentlocator config check`, ואז `systemctl reload agentlocator`.
alert-self-check = הבדיקה הלילית מצאה תקלה
    .remedy = הריצו `agentlocator doctor` על השרת.

## Mails and WhatsApp messages about alerts.

alerts-and-more = { $count ->
    [one] { $headline } (ועוד אחת)
    [two] { $headline } (ועוד שתיים)
   *[other] { $headline } (ועוד { $count })
}
alerts-lasts = עדיין: { $headline }
alerts-cleared = הסתדר: { $headline }
alerts-since = מאז { $since }.
alerts-lasted = זה נמשך מאז { $since }.
alerts-page = הדף: { $page }
alerts-test-subject = הודעת בדיקה
alerts-test-body = זו הודעת בדיקה. כך תגיע התראה כשמשהו יזדקק לכם.

## What callers hear.

say-error = אירעה תקלה. נא להתקשר שוב מאוחר יותר.
# The recording that is shipped as leave_message_he.ulaw, for the transcript.
say-leave-message = אין כרגע מענה. נא להשאיר הודעה אחרי הצפצוף.
say-one-moment = רגע אחד, בבקשה.
# Also the recording that is shipped as thanks_he.ulaw.
say-thanks = תודה, ההודעה נשמרה. נחזור אליכם בהקדם. להתראות.

## What the person to whom a call is transferred hears.

say-transfer = שיחה מ: { $caller }. לקבלת השיחה הקישו 1.
say-transfer-because = שיחה מ: { $caller }. { $reason }. לקבלת השיחה הקישו 1.
say-withheld-number = מספר חסוי

## Pages on the port without encryption. They are shown in both languages.

https-untrusted = כאן לא מוגש דבר בלי הצפנה. פתחו את { $url }/ במקום. הדפדפן יזהיר עד שתהיה לשרת תעודה; הפקודה sudo agentlocator doctor אומרת מה חסר.
https-missing = כאן לא מוגש דבר בלי הצפנה, והשרת אינו עונה עדיין ב-https. הפקודה sudo agentlocator doctor אומרת מה חסר.
https-elsewhere = כאן לא מוגש דבר בלי הצפנה. לדף יש כתובת משלו (http.crm_listen).

## The calendar.

hebrew-date = { $day } ב{ $month } { $year }
hebrew-month-tishri = תשרי
hebrew-month-heshvan = חשוון
hebrew-month-kislev = כסלו
hebrew-month-tevet = טבת
hebrew-month-shevat = שבט
hebrew-month-adar-i = אדר א׳
hebrew-month-adar = אדר
hebrew-month-adar-ii = אדר ב׳
hebrew-month-nisan = ניסן
hebrew-month-iyar = אייר
hebrew-month-sivan = סיוון
hebrew-month-tammuz = תמוז
hebrew-month-av = אב
hebrew-month-elul = אלול
holiday-rosh-hashanah-eve = ערב ראש השנה
holiday-rosh-hashanah = ראש השנה
holiday-fast-of-gedaliah = צום גדליה
holiday-yom-kippur-eve = ערב יום כיפור
holiday-yom-kippur = יום כיפור
holiday-sukkot-eve = ערב סוכות
holiday-sukkot = סוכות
holiday-sukkot-chol-hamoed = חול המועד סוכות
holiday-hoshana-rabbah = הושענא רבה
holiday-simchat-torah = שמחת תורה
holiday-hanukkah = חנוכה
holiday-fast-of-tevet = עשרה בטבת
holiday-tu-bishvat = ט״ו בשבט
holiday-fast-of-esther = תענית אסתר
holiday-purim = פורים
holiday-shushan-purim = שושן פורים
holiday-passover-eve = ערב פסח
holiday-passover = פסח
holiday-passover-chol-hamoed = חול המועד פסח
holiday-seventh-of-passover-eve = ערב שביעי של פסח
holiday-seventh-of-passover = שביעי של פסח
holiday-holocaust-remembrance-day = יום הזיכרון לשואה ולגבורה
holiday-memorial-day = יום הזיכרון
holiday-independence-day = יום העצמאות
holiday-lag-baomer = ל״ג בעומר
holiday-jerusalem-day = יום ירושלים
holiday-shavuot-eve = ערב שבועות
holiday-shavuot = שבועות
holiday-fast-of-tammuz = שבעה עשר בתמוז
holiday-tisha-bav = תשעה באב
