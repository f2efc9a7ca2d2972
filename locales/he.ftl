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
backup-not-uploaded = הגיבוי האחרון לא הועלה למכל האחסון: { $reason }

# The database files

log-reader = גודל יומן הכתיבה: { $size_mb } MB. תהליך { $process } קורא את מסד הנתונים: { $command }
log-reader-unknown = גודל יומן הכתיבה: { $size_mb } MB. הקורא הוא השירות עצמו, או אינו ידוע.
copy-late = { $count ->
    [one] העותק מפגר בשנייה: { $reason }
    [two] העותק מפגר בשתי שניות: { $reason }
   *[other] העותק מפגר ב־{ $count } שניות: { $reason }
}
copy-late-compared = { $count ->
    [one] העותק מפגר בשנייה: אחרי עצירה לא מסודרת הוא מושווה למסד הנתונים, ועד אז הוא נשאר כפי שהיה.
    [two] העותק מפגר בשתי שניות: אחרי עצירה לא מסודרת הוא מושווה למסד הנתונים, ועד אז הוא נשאר כפי שהיה.
   *[other] העותק מפגר ב־{ $count } שניות: אחרי עצירה לא מסודרת הוא מושווה למסד הנתונים, ועד אז הוא נשאר כפי שהיה.
}
copy-late-open = { $count ->
    [one] העותק מפגר בשנייה: תוכנה אחרת פתחה אותו, כמו בזמן העתקה.
    [two] העותק מפגר בשתי שניות: תוכנה אחרת פתחה אותו, כמו בזמן העתקה.
   *[other] העותק מפגר ב־{ $count } שניות: תוכנה אחרת פתחה אותו, כמו בזמן העתקה.
}
copy-late-open-full = { $count ->
    [one] העותק מפגר בשנייה: תוכנה אחרת פתחה אותו, ואין בדיסק מקום לעותק נוסף.
    [two] העותק מפגר בשתי שניות: תוכנה אחרת פתחה אותו, ואין בדיסק מקום לעותק נוסף.
   *[other] העותק מפגר ב־{ $count } שניות: תוכנה אחרת פתחה אותו, ואין בדיסק מקום לעותק נוסף.
}
copy-late-full = { $count ->
    [one] העותק מפגר בשנייה: אין בדיסק מקום בשבילו; גודלו { $size_mb } MB. פנו מקום, למשל העבירו קובצי agentlocator-before-restore-*.db לדיסק אחר.
    [two] העותק מפגר בשתי שניות: אין בדיסק מקום בשבילו; גודלו { $size_mb } MB. פנו מקום, למשל העבירו קובצי agentlocator-before-restore-*.db לדיסק אחר.
   *[other] העותק מפגר ב־{ $count } שניות: אין בדיסק מקום בשבילו; גודלו { $size_mb } MB. פנו מקום, למשל העבירו קובצי agentlocator-before-restore-*.db לדיסק אחר.
}
copy-late-slow = { $count ->
    [one] העותק מפגר בשנייה: לא היה אפשר לכתוב אותו בזמן.
    [two] העותק מפגר בשתי שניות: לא היה אפשר לכתוב אותו בזמן.
   *[other] העותק מפגר ב־{ $count } שניות: לא היה אפשר לכתוב אותו בזמן.
}
copy-late-restarted = { $count ->
    [one] העותק מפגר בשנייה: הוא נכתב מחדש אחרי תקלה פנימית.
    [two] העותק מפגר בשתי שניות: הוא נכתב מחדש אחרי תקלה פנימית.
   *[other] העותק מפגר ב־{ $count } שניות: הוא נכתב מחדש אחרי תקלה פנימית.
}
foreign-file = תוכנה אחרת שינתה את { $file } או החליפה אותו. הקובץ נשאר כמות שהוא, והשירות ממשיך עם הנתונים שלו. להשתמש בקובץ ההוא: הכפתור ברשימת התקלות שבדף, או `agentlocator restore { $file }`. להמשיך עם הנתונים הנוכחיים: הכפתור ברשימת התקלות שבדף, או העבירו את הקובץ משם.
foreign-file-denied = למשתמש של השירות, { $user }, אין הרשאה לקרוא את { $file }. הקובץ נשאר כמות שהוא, והשירות ממשיך עם הנתונים שלו. להשתמש בקובץ ההוא: `sudo chown { $user }: { $file }`, ואז להפעיל את השירות מחדש. להמשיך עם הנתונים הנוכחיים: הכפתור ברשימת התקלות שבדף, או העבירו את הקובץ משם.
foreign-file-not-regular = { $file } אינו קובץ רגיל. הוא נשאר כמות שהוא, והשירות ממשיך עם הנתונים שלו. העבירו אותו משם: עותק חדש נוצר מיד.
foreign-file-unusable = אי אפשר היה להשתמש ב-{ $file }. הקובץ נשאר כמות שהוא, והשירות ממשיך עם הנתונים שלו; ההפעלה הבאה תנסה שוב. להמשיך עם הנתונים הנוכחיים: הכפתור ברשימת התקלות שבדף, או העבירו את הקובץ משם. הודעת השגיאה: { $reason }
database-damage = הנזק: { $findings }
last-sound-copy = העותק התקין האחרון הוא { $file }, והוא אינו משתנה יותר. להמשיך ממנו: `agentlocator restore { $file }`. הנזק: { $findings }
started-from = מסד הנתונים מ־{ $file } נמצא בשימוש.
started-promoted = מכונה זו פועלת במקום מכונה אחרת, עם הנתונים שהועתקו ממנה עד { $until }. הודעות ושיחות שהגיעו לשם אחר כך אינן כאן.
started-live-changed = תוכנה אחרת שינתה את `live/db.sqlite` בזמן שהשירות היה כבוי, והוא נמצא בשימוש. הנתונים שלפני כן נשמרו ב־{ $archived }; לחזור אליהם: `agentlocator restore { $archived }`.
started-restored = הגיבוי שהונח ב־{ $file } נמצא בשימוש. מסד הנתונים הקודם נשמר ב־{ $archived }; לחזור אליו: `agentlocator restore { $archived }`.
started-folder-copied = התיקייה הזאת היא העתק של תיקייה אחרת, שנעשה בזמן שהשירות פעל. בשימוש נמצא { $file }, שיש בו כל מה שאושר לפני תחילת ההעתקה. מסד הנתונים מתוך `live` נשמר ב־{ $archived }.
started-folder-copied-behind = התיקייה הזאת היא העתק של תיקייה אחרת, שנעשה בזמן שהשירות פעל. בשימוש נמצא { $file }; הוא לא היה מעודכן כשהתיקייה הועתקה, ולכן ייתכן שחסר בו מה שאושר אחרון. מסד הנתונים מתוך `live` נשמר ב־{ $archived }.
started-folder-copied-because = התיקייה הזאת היא העתק של תיקייה אחרת, שנעשה בזמן שהשירות פעל. בשימוש נמצא { $file } ({ $reason }). מסד הנתונים מתוך `live` נשמר ב־{ $archived }.
started-late-folder-copied = התיקייה הזאת היא העתק של תיקייה אחרת, שנעשה בזמן ש־{ $file } פיגר. לכן בשימוש נמצא מסד הנתונים מתוך `live`, שנקרא כולו ונמצא תקין. הקובץ שפיגר נשמר ב־{ $archived }; לחזור אליו: `agentlocator restore { $archived }`.
started-live-damaged = מסד הנתונים נפגם. במקומו נמצא בשימוש { $file }. הקובץ הפגום נשמר ב־{ $archived }.
started-live-damaged-because = מסד הנתונים נפגם ({ $reason }). במקומו נמצא בשימוש { $file }. הקובץ הפגום נשמר ב־{ $archived }.
started-found-foreign = ב־{ $file } היה קובץ שהשירות לא כתב. הוא נשמר ב־{ $archived }, והשירות ממשיך עם הנתונים שלו. להשתמש בו: `agentlocator restore { $archived }`.
started-found-foreign-because = ב־{ $file } היה קובץ שהשירות לא כתב ({ $reason }). הוא נשמר ב־{ $archived }, והשירות ממשיך עם הנתונים שלו.

# The settings

rejected-setting = הגדרה שגויה: { $reason }.

# The AI

ai-calls-failed = { $count ->
    [one] שיחה אחת.
    [two] שתי שיחות ברצף.
   *[other] { $count } שיחות ברצף.
} הסיבה האחרונה: { $reason }
ai-service-refuses = { $part ->
    [transcriber] התמלול
    [model] המודל
    [synthesiser] הדיבור
   *[realtime] שירות השיחה
}: { $reason }
ai-fields-rejected = שירות ה־AI אינו מקבל: { $fields }. השיחות ממשיכות בלי זה.
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
outbox-paced = { $count ->
    [one] הודעה אחת מחכה יותר מתשע דקות, כי הגשר שולח לכל היותר { $per_minute } הודעות בדקה (whatsapp.per_minute).
    [two] שתי הודעות מחכות יותר מתשע דקות, כי הגשר שולח לכל היותר { $per_minute } הודעות בדקה (whatsapp.per_minute).
   *[other] { $count } הודעות מחכות יותר מתשע דקות, כי הגשר שולח לכל היותר { $per_minute } הודעות בדקה (whatsapp.per_minute).
}
outbox-undelivered = נשלחו לפני יותר מתשע דקות ולא נמסרו: { $count } (Twilio: { $by_twilio }, הגשר: { $by_bridge }), לקוחות: { $contacts }.

# Why a message was not sent, or may have been

message-unconfirmed = ייתכן שההודעה נשלחה; הדבר נבדק, ואין לשלוח אותה שוב
message-expired = לא ניתן היה לשלוח את ההודעה בזמן; נסו שוב
message-lost = לא ידוע אם ההודעה נשלחה; בדקו בטלפון לפני ששולחים שוב
message-needs-template = עברו יותר מ־24 שעות מאז שהלקוח כתב, ולא הוגדרה תבנית לשליחה דרך Twilio
message-opted-out = הלקוח חסם את המספר שלנו או ביקש לא לקבל הודעות; בכרטיס שלו כתוב איך אפשר לכתוב לו שוב
message-no-provider = אין דרך וואטסאפ פעילה שיכולה לשלוח את ההודעה הזאת
message-provider-removed = הדרך שבה ההודעה הייתה אמורה להישלח כבר אינה מוגדרת
message-discarded = ההודעה לא נשלחה אחרי השחזור
message-cancelled = ההודעה בוטלה לפני שנשלחה
message-unknown = לא היה אפשר לקרוא את מסד הנתונים: { $reason }
message-file = ההודעה לא נשלחה: { $reason }

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
bridge-unauthorized = גשר הוואטסאפ לא קיבל את הסיסמה שלנו, או שהתוכנה בכתובת שלו לא הוכיחה שהיא הגשר; ודאו שאותו BAILEYS_WEBHOOK_SECRET מוגדר בשני הצדדים
bridge-disabled = גשר הוואטסאפ אינו בשימוש; הגדירו BAILEYS_WEBHOOK_SECRET, כאן ובגשר
bridge-not-connected = גשר הוואטסאפ אינו מחובר לוואטסאפ; הסיבה בדף, תחת הגדרות, WhatsApp, לחיבור
bridge-no-answer = גשר הוואטסאפ לא ענה, וייתכן שההודעה נשלחה
bridge-not-receiving = מאז { $since }.
whatsapp-blocked = וואטסאפ אינה מאפשרת לנו לכתוב לאדם הזה
whatsapp-no-account = למספר הזה אין וואטסאפ
whatsapp-restricted = וואטסאפ הגבילה את החשבון ואינה מאפשרת לפתוח שיחות חדשות כרגע
whatsapp-restricted-until = עד { $until }.
file-not-fetched = אי אפשר היה להוריד את הקובץ מהכתובת שלו: "{ "\u2068" }{ $reason }{ "\u2069" }"
whatsapp-refused = וואטסאפ לא קיבלה את ההודעה
whatsapp-refused-because = וואטסאפ סירבה לשלוח את ההודעה: "{ "\u2068" }{ $reason }{ "\u2069" }"

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
twilio-refused = Twilio דחתה את הבקשה (HTTP { $status }, קוד { $code }): "{ "\u2068" }{ $reason }{ "\u2069" }"
twilio-error = Twilio לא שלחה את ההודעה (שגיאה { $code })
twilio-error-because = Twilio לא שלחה את ההודעה: "{ "\u2068" }{ $reason }{ "\u2069" }" (שגיאה { $code })

## Causes of failures. The keys are stored in databases: add new ones, never rename one.
# Texts of other programs are in quotes, between direction marks.

cause-other = "{ "\u2068" }{ $text }{ "\u2069" }"
cause-no-such-file = אין קובץ או תיקייה כאלה
cause-no-permission = אין הרשאה
cause-disk-full = לא נשאר מקום בדיסק
cause-disk-read-only = הדיסק פתוח לקריאה בלבד
cause-no-space = אין מספיק מקום בדיסק ב־{ $file }: נדרשים { $needed_mb } MB, ופנויים { $free_mb } MB
cause-file = { $doing ->
    [read] אי אפשר לקרוא את { $file }
    [write] אי אפשר לכתוב את { $file }
    [create] אי אפשר ליצור את { $file }
    [remove] אי אפשר למחוק את { $file }
    [rename] אי אפשר לשנות את השם של { $file }
    [decrypt] אי אפשר לפענח את { $file }
   *[other] פעולה על { $file } נכשלה
}
cause-read-back = { $file } אינו נקרא כפי שנכתב
cause-name-unresolved = לא נמצאה כתובת לשם הזה
cause-no-record = אין לו רשומה
cause-connection-refused = החיבור נדחה
cause-connection-lost = החיבור נותק
cause-no-route = אין דרך להגיע לשם דרך הרשת
cause-no-answer = לא התקבלה תשובה בזמן
cause-certificate-rejected = תעודת האבטחה שלו אינה מתקבלת

cause-database-no-space = הדיסק מלא, פתוח לקריאה בלבד או תקול, ודבר לא נשמר
cause-database-denied = למשתמש { $user } אין הרשאה להשתמש ב־{ $file }: הקובץ שייך ל־{ $owner } ומצב ההרשאות שלו { $mode }; כמשתמש root הריצו `chown { $user }: { $file }`, ואם זה לא עוזר `chmod u+rwX { $file }`
cause-database-busy = מסד הנתונים בשימוש
cause-database-error = שגיאה במסד הנתונים
cause-database-panicked = תקלה פנימית בשימוש במסד הנתונים
cause-database-newer = מסד הנתונים נוצר בגרסה חדשה יותר: הוא כולל את השינוי { $migration }, והגרסה הזאת מכירה שינויים רק עד { $known }. התקינו שוב את הגרסה החדשה, או שחזרו עותק של מסד הנתונים מלפני השדרוג; השדרוג יצר עותק כזה ב־`snapshots/` ליד מסד הנתונים
cause-database-migration = לא היה אפשר להתאים את מסד הנתונים לגרסה הזאת
cause-database-not-ours = הוא שייך לתוכנה אחרת
cause-database-unknown-migration = הוא כולל את השינוי { $migration }, שאינו קיים בגרסה הזאת
cause-database-other-migration = השינוי { $migration } שבו שונה מזה שבגרסה הזאת; ייתכן שהוא נוצר בגרסת ביניים
cause-database-unreadable = אי אפשר לקרוא את { $file }. ייתכן שיש תקלה בדיסק או בתיקיית הרשת, ראו `journalctl -k`; העתיקו אותו ממקום אחר, או נסו שוב כשיהיה אפשר לקרוא אותו
cause-database-log = הקובץ { $file } שייך למסד נתונים שלא נסגר, וייתכן שחלק מהנתונים נמצא רק בו. אם זה מסד הנתונים שלידו, פתחו אותו פעם אחת בפקודה `sqlite3 FILE 'PRAGMA journal_mode = DELETE'`; אחרת מחקו את הקובץ הזה
cause-database-damaged = קובץ מסד הנתונים { $file } פגום
cause-database-empty = הוא ריק
cause-database-no-data = אין בו נתונים
cause-row-orphaned = שורה { $row } של { $table } מפנה לשורה של { $parent } שאינה קיימת
cause-index-wrong = באינדקס { $index } יש { $entries } רשומות, אבל שייכות אליו { $rows } שורות של { $table }
cause-copy-was-behind = העותק פיגר כשהתיקייה הועתקה, ולכן ייתכן שחסר בו מה שאושר אחרון
cause-copy-failed = { $doing ->
    [read] לא היה אפשר לקרוא את הקבצים של מסד הנתונים
   *[write] לא היה אפשר לכתוב את העותק
}

cause-ai-failure = { $cause ->
    [bad_key] השירות אינו מקבל את המפתח או את החשבון
    [no_credit] נגמרו המכסה או היתרה בחשבון
    [rate_limited] החשבון עבר את מגבלת הקצב
    [rejected] השירות אינו מקבל הגדרה
   *[outage] יש תקלה בשירות, או שהוא אינו עונה בזמן, או שאי אפשר להתחבר אליו
}
cause-ai-no-key = לא הוגדר מפתח
cause-ai-key-malformed = במפתח יש תווים שאינם מותרים
cause-ai-malformed = אי אפשר לקרוא את התשובה
cause-ai-deaf = המתקשר דיבר, אבל השירות לא זיהה דיבור
cause-ai-fails = כמה תשובות ברצף נכשלו
cause-ai-written-call = המודל כותב קריאות לכלים כטקסט, כי השרת שלו לא מזהה אותן
cause-ai-no-words = אין מילים בתשובה

cause-file-address = { $problem ->
    [not_https] כתובת הקובץ חייבת להתחיל ב־https://
    [credentials] בכתובת הקובץ אסור שיהיו שם משתמש או סיסמה
    [not_public] כתובת הקובץ מובילה למכונה הזאת או לרשת פרטית
   *[invalid] כתובת הקובץ אינה תקינה
}
cause-file-too-large = הקובץ גדול מ־{ $bytes } בתים
cause-file-redirects = יותר מדי הפניות בדרך אל הקובץ

cause-twilio-no-account = לא הוגדר חשבון Twilio (twilio.account_sid ו־twilio.auth_token)
cause-twilio-malformed = אי אפשר לקרוא את התשובה של Twilio

cause-setting = ההגדרה { $setting } ({ $place })
cause-setting-error = { $error }
cause-settings = ההגדרות ({ $place })

cause-encryption = אי אפשר להצפין את העותק
cause-age-recipient = { $recipient } אינו מפתח של age; מפתח כזה מתחיל ב־age1, כפי ש־`age-keygen` מדפיס
cause-bucket-status = התקבלה תשובה { $status }
cause-bucket-malformed = אי אפשר לקרוא את התשובה
cause-bucket-length = יש בו { $stored } בתים מתוך { $sent }
cause-setting-missing = ההגדרה { $setting } חסרה
cause-setting-invalid = ההגדרה { $setting } שגויה

cause-tls-no-listener = אין כניסה מאובטחת (TLS): לא היה אפשר לפתוח את פורט 443, וההגדרה tls.https_listen ריקה
cause-tls-self-signed = לא היה אפשר ליצור תעודה עצמית
cause-tls-previous-served = התעודה הקודמת עדיין בשימוש
cause-pem-unusable = אי אפשר להשתמש ב־{ $file }
cause-pem-no-certificate = אין בו תעודה (PEM מתחיל ב־-----BEGIN CERTIFICATE-----)
cause-pem-no-key = אין בו מפתח שאפשר לקרוא (PEM מתחיל ב־-----BEGIN PRIVATE KEY-----, ובלי סיסמה)
cause-pem-mismatch = המפתח אינו שייך לתעודה
cause-pem-expired = התוקף של { $file } פג ב־{ $end }
cause-pem-not-yet-valid = { $file } תקף רק מ־{ $start }; אם המועד הזה כבר עבר, השעון של המכונה מפגר
cause-pem-names = { $file } אינו כולל את { $missing } (הוא כולל את { $names })
cause-acme-unavailable = אי אפשר לקבל תעודות
cause-acme-step = { $step ->
    [account-store] לא היה אפשר לשמור את המפתח של החשבון
    [account-remove] לא היה אפשר למחוק את המפתח של החשבון
    [account-read] אי אפשר לקרוא את המפתח של החשבון
    [key] לא היה אפשר ליצור מפתח
    [stored-key] המפתח פגום
    [request] לא היה אפשר ליצור את הבקשה לתעודה
    [challenge] לא היה אפשר ליצור את התשובה לבדיקה
    [order-store] לא היה אפשר לשמור את ההזמנה
   *[certificate-store] לא היה אפשר לשמור את התעודה
}
cause-acme-unreachable = אי אפשר להתחבר אל { $authority }
cause-acme-answer = התקבלה תשובה { $status }, שאינה תשובה של ACME
cause-acme-too-long = התשובה ארוכה מדי
cause-acme-malformed = התקבלה תשובה לא תקינה מ־{ $authority }
cause-acme-late = { $count ->
    [one] הבקשה אל { $authority } לא הסתיימה בתוך דקה
    [two] הבקשה אל { $authority } לא הסתיימה בתוך שתי דקות
   *[other] הבקשה אל { $authority } לא הסתיימה בתוך { $count } דקות
}
cause-acme-refused = סירוב מ־{ $authority }: "{ "\u2068" }{ $reason }{ "\u2069" }". מה לעשות: { $problem ->
    [rateLimited] הגעתם למגבלת הבקשות; אין צורך לעשות דבר מלבד להמתין
    [accountDoesNotExist] בניסיון הבא ייווצר חשבון חדש
    [badNonce] ניסיון נוסף יתחיל בקרוב
    [serverInternal] ניסיון נוסף יתחיל בקרוב
    [rejectedIdentifier] אין שם תעודות לשם כזה; בדקו את tls.domain
    [unsupportedIdentifier] אין שם תעודות לשם כזה; בדקו את tls.domain
    [caa] רשומת ה־CAA של השם מתירה רק רשויות אחרות; שנו אותה
    [dns] ודאו שלשם יש רשומת A או AAAA שמצביעה על המכונה הזאת
    [externalAccountRequired] הגדירו את tls.acme_eab_key_id ואת tls.acme_eab_hmac_key שהרשות מנפיקה
    [invalidContact] בדקו את tls.acme_contact
    [unsupportedContact] בדקו את tls.acme_contact
    [userActionRequired] נדרשת פעולה שלכם אצל הרשות, כמו אישור תנאים חדשים
   *[other] בדקו את tls.domain ואת שאר הגדרות tls
}
cause-acme-not-here = { $authority } לא הגיעה אל המכונה הזאת דרך { $name } (פורט { $port }): "{ "\u2068" }{ $reason }{ "\u2069" }". מה לעשות: { $problem ->
    [connection] ודאו שפורט { $port } של { $name } מוביל למכונה הזאת: ההפניה בנתב, וחומות אש
    [dns] ודאו שלשם { $name } יש רשומת A או AAAA שמצביעה על המכונה הזאת; רשומות חדשות נכנסות לתוקף בתוך שעה
    [caa] רשומת ה־CAA של { $name } מתירה רק רשויות אחרות; שנו אותה
   *[other] משהו אחר עונה שם; ודאו שרשומות A ו־AAAA של { $name } מצביעות על המכונה הזאת, ושאין שרת אחר בפורט { $port } שלה
}
cause-acme-no-reason = סירוב מ־{ $authority }, בלי סיבה
cause-acme-no-challenge = ב־{ $authority } אין בדיקה מסוג { $challenge } לשם { $name }
cause-acme-unusable = התקבלה מ־{ $authority } תעודה שאי אפשר להשתמש בה
cause-acme-names = התקבלה מ־{ $authority } תעודה שאינה כוללת את { $name }
cause-acme-at-fault = השעון של המכונה נכון, ולכן התקלה בתעודה של הרשות
cause-acme-hmac-key = הערך של tls.acme_eab_hmac_key אינו זה שהרשות נתנה: אינו base64url תקין
cause-clock-ahead = לפי { $host }, השעון של המכונה מקדים בהפרש של { clock-difference }, ולכן תעודות תקינות נראות לא תקינות. מה לעשות: כוונו אותו, רצוי בהפעלת NTP (timedatectl set-ntp true)
cause-clock-behind = לפי { $host }, השעון של המכונה מפגר בהפרש של { clock-difference }, ולכן תעודות תקינות נראות לא תקינות. מה לעשות: כוונו אותו, רצוי בהפעלת NTP (timedatectl set-ntp true)
cause-clock-behind-certificate = השעון של המכונה מפגר: הוא מראה { $now }, אבל התעודה היא מ־{ $issued }. מה לעשות: כוונו אותו, רצוי בהפעלת NTP (timedatectl set-ntp true)

## ההגדרות: אילו ערכים מותרים. אחרי "מותר:", גם בדף.

allowed-boolean = כן או לא (true או false; במשתני הסביבה גם 1, 0, yes, no, on, off)
allowed-integer = מספר שלם בין { $least } ל־{ $most }
allowed-decimal = מספר בין { $least } ל־{ $most }
allowed-less-than = פחות מ־{ $setting }, שהוא { $value }
allowed-choice = אחד מאלה: { $values }
allowed-choices = אחד או יותר מאלה, כל אחד פעם אחת, לפי הסדר: { $values }

allowed-free-text = טקסט של { $count } תווים לכל היותר
allowed-one-line = טקסט בשורה אחת, של { $count } תווים לכל היותר
allowed-pronunciations = שורות כמו: בע"מ = בערבון מוגבל, { $count } תווים לכל היותר בסך הכול
allowed-template-variables = JSON כמו { $example }, כל ערך בו טקסט, ובאחד מהם { $variable }
allowed-secret = טקסט בשורה אחת, בלי רווחים
allowed-google-account = ה־JSON של חשבון Google

allowed-language = שתי האותיות של שפה לפי ISO 639-1, למשל he
allowed-country = שתי האותיות של מדינה לפי ISO 3166, למשל IL
allowed-time-zone = שם של אזור זמן לפי IANA, למשל Asia/Jerusalem
allowed-model = שם של מודל, למשל { $example }
allowed-voice = שם של קול, למשל { $example }
allowed-any-voice = שם של קול
allowed-voice-id = מזהה של קול, למשל { $example }
allowed-twilio-voice = קול של Google אצל Twilio, למשל Google.he-IL-Wavenet-A
allowed-account-sid = ה־Account SID שבאתר של Twilio: AC ואחריו 32 ספרות
allowed-template-sid = ה־Content SID של תבנית: HX ואחריו 32 ספרות
allowed-authority-key-id = המזהה שהרשות נתנה עם המפתח
allowed-age-recipients = מפתחות של age כמו age1…, כפי ש־`age-keygen` מדפיס
allowed-bucket-name = שם של bucket
allowed-bucket-region = אזור, למשל eu-central-1
allowed-google-region = אזור של Google Cloud, למשל eu, us או global
allowed-bucket-prefix = תחילת שמות, למשל shop/

allowed-phone-number = מספר עם קידומת המדינה, למשל +972501234567
allowed-phone-numbers = מספרים עם קידומת המדינה, למשל +972501234567, עם פסיק ביניהם
allowed-calling-codes = קידומות של מדינות כמו +972, או + לכל המספרים
allowed-mail-address = כתובת דוא"ל, למשל owner@shop.example
allowed-mail-addresses = כתובת דוא"ל, למשל owner@shop.example, או כמה כאלה
allowed-host = שם או כתובת של שרת, למשל smtp.example.com
allowed-host-names = שם אחד או יותר של המכונה הזאת, למשל shop.example
allowed-networks = רשימה של כתובות ורשתות, למשל ["127.0.0.0/8", "::1", "10.0.0.5"]
allowed-url = כתובת, למשל https://host.example; http רק אל המכונה עצמה, למשל http://127.0.0.1:9000
allowed-bridge-url = כתובת, למשל http://127.0.0.1:8000/send; חייבת להיות https אם אינה במכונה עצמה
allowed-public-host = שם, למשל shop.example, או כתובת, למשל https://shop.example
allowed-listener = כתובת ופורט, למשל 0.0.0.0:8080 או [::1]:8080, או פורט בלבד
allowed-port = פורט, מ־0 עד 65535
allowed-other-port = פורט אחר
allowed-other-port-or-address = פורט אחר, או כתובת אחרת אם בשניהם יש כתובת
allowed-encrypted-mail = starttls או tls; none רק אל המכונה עצמה

allowed-file = נתיב של קובץ
allowed-readable-file = נתיב של קובץ שמותר לשירות לקרוא
allowed-folder = הנתיב המלא של תיקייה
allowed-existing-folder = נתיב של תיקייה קיימת
allowed-google-account-file = נתיב של קובץ ה־JSON של חשבון Google
allowed-database = sqlite:///absolute/path.db, sqlite://relative/path.db או נתיב
allowed-disk-limit = כמות כמו "500 MB", חלק כמו "5 %", או שניהם: "500 MB or 5 %", ואז הקטן קובע
allowed-section = סעיף, [{ $section }]

## ההגדרות: למה ערך נדחה.

fault-characters = יש בו { $count } תווים
fault-bytes = הוא ארוך מ־{ $count } בתים
fault-twice = { $value } מופיע בו פעמיים

fault-no-pair = יש שורה בלי מילה משני צדי סימן השווה: { $line }
fault-blanks = יש בו רווחים או ירידות שורה
fault-variable-name = בתחילתו שם של משתנה ו־=; צריך לכתוב רק את הערך
fault-quotation-marks = הוא במירכאות; צריך לכתוב רק את הערך
fault-no-json-object = זה לא אובייקט JSON
fault-value-no-text = יש בו ערך שאינו טקסט
fault-no-text-variable = אין בו { $variable }, ולכן אי אפשר לשלוח בו שום הודעה
fault-no-field = חסר בו `{ $field }`

fault-api-key-sid = זה ה־SID של מפתח API
fault-no-content-sid = זה לא Content SID
fault-other-characters = יש בו תווים שאינם אותיות וספרות
fault-voice-without-language = זה לא קול של Google עם השפה בשמו
fault-secret-key = יש בו מפתח סודי, שמקומו לא כאן
fault-recipient = יש בו מפתח שגוי ({ $reason })

fault-no-country-code = חסרה קידומת המדינה
fault-no-calling-code = { $value } אינה קידומת של מדינה
fault-no-mail-address = יש בו חלק שאינו כתובת דוא"ל
fault-port-in-host = יש בו פורט, ולפורט יש הגדרה משלו
fault-address-not-name = זו כתובת; צריך לכתוב רק את השם
fault-wildcard = זה שם כללי (*), שהרשות מאשרת רק דרך DNS; צריך לכתוב כל שם בנפרד
fault-ip-address = זו כתובת IP, ותעודה צריכה שם
fault-no-address = זו לא כתובת
fault-network-bits = אחרי הלוכסן אין מספר בין 0 ל־{ $most }
fault-host-bits = יש ביטים דלוקים אחרי { $bits } הראשונים; הרשת היא { $network }
fault-url-scheme = זה לא https ולא http
fault-url-plain-http = זה http בלי הצפנה אל מכונה אחרת, וכל מי שבדרך יכול לקרוא
fault-url-userinfo = יש בו שם משתמש או סיסמה
fault-url-query = יש בו ? או #
fault-listener-taken = זה תפוס בידי { $setting } ({ $address })
fault-plain-mail = כך הדוא"ל והסיסמה יישלחו ברשת בלי הצפנה

fault-not-a-file = זה לא קובץ
fault-not-a-folder = זו לא תיקייה
fault-no-folder-but-a-file = זה קובץ
fault-not-opened = אי אפשר לפתוח אותו ({ $reason })
fault-not-read = אי אפשר לקרוא אותו ({ $reason })
fault-not-found = אי אפשר למצוא אותו ({ $reason })
fault-database-slashes = חסרים שני הלוכסנים אחרי הנקודתיים
fault-database-not-sqlite = זה לא קובץ SQLite, ו־AgentLocator שומר את הנתונים בקובץ כזה
fault-database-options = יש אפשרויות אחרי הנתיב
fault-database-tilde = מתחיל ב־~, שרק מעטפת הפקודות מחליפה; צריך לכתוב את הנתיב המלא
fault-database-in-memory = הנתונים יאבדו בעצירה הבאה
fault-database-folder = זו תיקייה, לא קובץ

## ההגדרות: מה לא בסדר. לפני כן באים המקום בקובץ ושם ההגדרה.

setting-error-value = נמצא { $found }; מותר: { $allowed }
setting-error-fault = נמצא { $found }: { $fault }; מותר: { $allowed }
setting-error-set-without = יש ערך, אבל { $missing } חסרה; מותר: שתיהן או אף אחת
setting-error-set-twice = גם { $other } קיימת; צריך להשאיר רק אחת מהשתיים
setting-error-internal-address = נמצא { $found }; כתובת בתוך הרשת אפשר לקבוע רק בקובץ ההגדרות
setting-error-enter-again = צריך להזין אותה שוב, כי { $setting } משנה לאן היא נשלחת
setting-error-audio-file = אי אפשר להשמיע את { $file }: "{ "\u2068" }{ $problem }{ "\u2069" }"
setting-error-greeting-too-long = נמצאה ברכה של { $seconds } שניות; מותר: 10 שניות לכל היותר

setting-error-unknown-section = אין סעיף [{ $section }]; מותר: { $sections }
setting-error-section-suggestion = אין סעיף [{ $section }]; אולי הכוונה ל־[{ $meant }]?
setting-error-section-is-key = אין סעיף [{ $section }]; { $section } שייכת לסעיף [{ $owner }]
setting-error-unknown-key = אין הגדרה { $key }; מותר: { $keys }
setting-error-key-suggestion = אין הגדרה { $key }; אולי הכוונה ל־{ $meant }?
setting-error-key-of-section = אין הגדרה { $key }; { $name } שייכת לסעיף [{ $owner }]
setting-error-key-form = אין הגדרה { $key }; שם של הגדרה הוא סעיף.שם
setting-error-not-used = אין הגדרה { $key }, והערך שלה אינו בשימוש

setting-error-syntax = "{ "\u2068" }{ $problem }{ "\u2069" }"
setting-error-not-utf8 = יש בקובץ בית שאינו UTF-8; צריך לשמור את הקובץ כ־UTF-8
setting-error-section-twice = הסעיף [{ $section }] מופיע פעמיים; צריך להעביר את השורות אל מתחת ל־[{ $section }] הראשון, ולמחוק את השורה הזאת
setting-error-key-twice = { $key } מופיעה פעמיים בסעיף שלה; צריך למחוק אחת משתי השורות
setting-error-file-not-read = אי אפשר לקרוא את { $file }: { $reason }
setting-error-secret-too-long = ב־{ $file } יש { $bytes } בתים, יותר מדי לסוד
setting-error-secret-empty = { $file } ריק
setting-error-page-secrets-not-read = אי אפשר לקרוא את הסודות שהוזנו בדף: { $reason }; צריך לתקן את הקובץ, או למחוק אותו ולהזין אותם שוב
setting-error-page-secrets-denied = למשתמש הזה אין הרשאה לקרוא את קובץ הסודות שהוזנו בדף, והתוכן שלו נשמר; הריצו את הפקודה עם sudo, או קבעו את המשתמש של השירות כבעל הקובץ (chown)
setting-error-page-secrets-line = שורה { $line } שגויה בקובץ הסודות שהוזנו בדף; צריך לתקן את הקובץ, או למחוק אותו ולהזין אותם שוב

# הגדרות תקינות שכנראה נקבעו בטעות.
setting-warning-public-address-missing = חסרה ״{ setting-http-public-base-url }״: לא ידוע באיזו כתובת Twilio פונה למכונה, ולכן החתימות שלה לא מתאימות
setting-warning-public-address-port = ב״{ setting-http-public-base-url }״ יש פורט אחר מ־443, היחיד שבו Twilio מבטיחה להעביר את הקול: הודעות מגיעות, אבל ייתכן שה־AI לא יענה לשיחות. צריך פורט 443, או פרוקסי או מנהרה בפורט 443
setting-warning-call-notices-without-recipient = כדי לשלוח ״{ setting-agent-call-notices }״ צריך ״{ setting-alerts-whatsapp-to }״, או ״{ setting-alerts-mail-to }״ עם שרת דוא״ל: עד אז לא נשלחות הודעות על שיחות
setting-warning-twilio-without-sender = ״{ setting-whatsapp-enable-twilio }״ דורש גם ״{ setting-twilio-account-sid }״, ״{ setting-twilio-auth-token }״ ו״{ setting-twilio-wa-from }״
setting-warning-bridge-without-secret = ״{ setting-whatsapp-enable-baileys }״ דורש סוד של הגשר: עד אז הודעות מהגשר נדחות
setting-warning-twilio-chosen-but-off = ב״{ setting-whatsapp-provider }״ נבחרה Twilio, אבל היא לא מופעלת: אי אפשר לשלוח דבר
setting-warning-bridge-chosen-but-off = ב״{ setting-whatsapp-provider }״ נבחר הגשר, אבל הוא לא מופעל: אי אפשר לשלוח דבר
setting-warning-updates-without-feed = ״{ setting-updates-check }״ דורשת ״{ setting-updates-feed-url }״: עד אז אין בדיקה
setting-warning-template-variables-unused = ״{ setting-twilio-wa-template-variables }״ לא בשימוש, כי חסרה ״{ setting-twilio-wa-template-sid }״
setting-warning-twilio-account-incomplete = חסר אחד משניים: ״{ setting-twilio-account-sid }״ או ״{ setting-twilio-auth-token }״. אי אפשר לפנות ל־Twilio
setting-warning-acme-without-domain = ״{ setting-tls-acme }״ דורשת ״{ setting-tls-domain }״: אין שם לקבל עליו תעודה
setting-warning-acme-beside-files = ״{ setting-tls-acme }״ לא פועלת, כי יש ״{ setting-tls-certificate-file }״: הקבצים בשימוש, ולא מתקבלת תעודה
setting-warning-domain-without-certificate = יש ״{ setting-tls-domain }״, אבל אין ״{ setting-tls-acme }״ ואין ״{ setting-tls-certificate-file }״: דפדפנים ו־Twilio לא יסמכו על התעודה
setting-warning-certificate-unreadable = אי אפשר לפתוח את ״{ setting-tls-certificate-file }״ או את ״{ setting-tls-key-file }״: TLS לא יעבוד עד שלמשתמש של השירות תהיה הרשאת קריאה
setting-warning-bucket-incomplete = חסר משהו ב״{ setting-backup-s3-endpoint }״, ב״{ setting-backup-s3-bucket }״ או בשני המפתחות: גיבויים לא מועתקים לאחסון
setting-warning-account-sid-form = ״{ setting-twilio-account-sid }״ לא נראה כמו של Twilio (AC ו־32 ספרות הקסדצימליות): Twilio תדחה אותו
setting-warning-template-sid-form = ״{ setting-twilio-wa-template-sid }״ לא נראה כמו של Twilio (HX ו־32 ספרות הקסדצימליות): הודעות תבנית יידחו
setting-warning-auth-token-form = ״{ setting-twilio-auth-token }״ לא נראה כמו של Twilio (32 ספרות הקסדצימליות): שיחות והודעות עלולות להידחות
setting-warning-mail-without-server = יש ״{ setting-alerts-mail-to }״, אבל אין ״{ setting-mail-host }״: לא נשלח דוא״ל
setting-warning-mail-without-sender = יש ״{ setting-mail-host }״, אבל אין כתובת ב״{ setting-mail-from }״ או ב״{ setting-mail-username }״: לא נשלח דוא״ל
setting-warning-mail-login-incomplete = חסר אחד משניים: ״{ setting-mail-username }״ או ״{ setting-mail-password }״. דוא״ל נשלח בלי כניסה לחשבון
setting-warning-language-unknown = הערך של ״{ setting-agent-language }״ אינו קוד שפה של ISO 639-1, כמו he: שירותים עלולים לדחות אותו או לא להבין מתקשרים
setting-warning-disk-limits-reversed = הערך של ״{ setting-disk-media-stops-below }״ קטן משל ״{ setting-disk-critical-below }״: הקלטות וקבצים לא נעצרים לפני כל השאר
setting-warning-alerts-to-own-sender = ״{ setting-alerts-whatsapp-to }״ הוא גם ״{ setting-twilio-wa-from }״: WhatsApp לא מוסרת הודעה לשולח עצמו
setting-warning-call-hours-reversed = ״{ setting-agent-calls-from-hour }״ לא לפני ״{ setting-agent-calls-until-hour }״: הסוכן לא מתקשר בשום שעה
setting-warning-rings-own-number = ב״{ setting-agent-transfer-to }״ או ב״{ setting-voice-ring-numbers }״ יש המספר שהסוכן עונה בו: שיחה כזאת חוזרת לסוכן במקום להגיע לאדם
setting-warning-rings-no-phone = ״{ setting-voice-ring-first }״ דורש מספר ב״{ setting-voice-ring-numbers }״ או ב״{ setting-agent-transfer-to }״: אין טלפון לצלצל אליו, וה־AI עונה מיד
setting-warning-rings-too-many = ב״{ setting-voice-ring-numbers }״ יש יותר מעשרה מספרים: Twilio מצלצלת לעשרה בו־זמנית, והאחרים לא מצלצלים אף פעם
setting-warning-realtime-without-key = ב״{ setting-voice-engine }״ נבחר { $engine }, אבל חסר ״{ setting-openai-api-key }״: מתקשרים מגיעים לתא הקולי
setting-warning-model-key-unused = ״{ setting-pipeline-model-api-key }״ לא בשימוש, כי חסרה ״{ setting-pipeline-model-base-url }״
setting-warning-service-unused = { $setting } לא בשימוש, כי { $name } לא נבחר ב״{ setting-pipeline-transcriber }״ או ב״{ setting-pipeline-synthesiser }״
setting-warning-pipeline-incomplete = ב״{ setting-voice-engine }״ נבחר pipeline, אבל חסר לו { $missing }: מתקשרים מגיעים לתא הקולי
setting-warning-only-pipeline-incomplete = ב״{ setting-voice-ai-engines }״ יש רק pipeline, אבל חסר לו { $missing }: מתקשרים מגיעים לתא הקולי
setting-warning-pipeline-named-incomplete = ב״{ setting-voice-ai-engines }״ יש pipeline, אבל חסר לו { $missing }: הוא לא בשימוש
setting-warning-speech-key-incomplete = יש מפתח של שירות דיבור, אבל ל־pipeline חסר { $missing }: הוא לא בשימוש
setting-warning-impossible-number = { $setting }: לא ייתכן מספר כזה במדינה שלו: { $number }
setting-warning-own-port = { $setting } היא { $url }, אבל בפורט { $port } נמצא { $listener }, ולכן שום AI לא עונה שם: צריך את הכתובת של שרת ה־AI, בפורט אחר
setting-warning-openai-without-path = { $setting } היא { $url }, אבל הכתובת של OpenAI היא { $url }/v1: היא דוחה כל בקשה
setting-warning-early-replies-unused = ל״{ setting-openai-early-replies }״ אין השפעה: צריך server_vad ב״{ setting-openai-turn-detection }״, ו־200 עד 1000 ב״{ setting-openai-vad-silence-ms }״
setting-warning-built-in-sentences = ״{ setting-agent-language }״ היא { $language }, אבל המשפטים וההודעות הקבועים קיימים רק בעברית ובאנגלית: לקוחות ישמעו ויקראו אותם באנגלית
setting-warning-transcriber-without-hebrew = המודל { $model } של Deepgram לא מתמלל עברית: רק nova-3 מתמלל. צריך לבחור nova-3
setting-warning-voice-without-hebrew = המודל { $model } של ElevenLabs לא מדבר עברית: רק מודלים מהדור השלישי מדברים. צריך לבחור eleven_v3_conversational
setting-warning-say-voice-language = הקול { $voice } מדבר { $language }, אבל ״{ setting-agent-language }״ היא { $spoken }: כששום AI לא עונה, מתקשרים שומעים שפה אחרת. אפשר לבחור { $meant }
setting-warning-speech-shutdown = OpenAI סוגרת את המודל { $model } ב־{ $day }, כמו כל מודל של /audio/speech: אחרי זה הסוכן לא יוכל לדבר. אפשר לבחור soniox, elevenlabs או google ב״{ setting-pipeline-synthesiser }״, או שרת אחר ב״{ setting-pipeline-speech-base-url }״
setting-warning-credential-unused = הסוד (credential) בשם { $name } לא בשימוש: אין הגדרה סודית בשם הזה; "{ "\u2068" }{ $meant }{ "\u2069" }"
setting-warning-secret-unused = { $place }: הסוד { $setting } לא בשימוש
setting-warning-batch-transcriber = המודל { $model } של ElevenLabs מתמלל רק קבצים, ולא שיחות. צריך לבחור { $meant }
setting-warning-google-no-service-account = { $setting } אינו חשבון שירות: ה־pipeline לא יכול להשתמש בו
setting-warning-google-no-private-key = ב־{ $setting } אין מפתח פרטי בפורמט PEM: ה־pipeline לא יכול להשתמש בו

## Alerts: the headline, and what to do.

alert-disk-low = הדיסק כמעט מלא
    .remedy = פנו מקום בדיסק. עד אז קבצים והקלטות אינם נשמרים; הודעות נשמרות כל עוד יש מקום כלשהו.
alert-database-unwritable = אי אפשר לשמור דבר במסד הנתונים
    .remedy = בדקו שהדיסק אינו מלא ושאפשר לכתוב אליו. שיחות נענות גם כך; הודעות יתקבלו כשאפשר יהיה לשמור.
alert-published-copy = העותק של מסד הנתונים אינו עדכני
    .remedy = אל תגבו עכשיו את agentlocator.db בהעתקה. בדף «בריאות המערכת» כתוב מה נכשל; מי שמטפל במכונה מריץ `sudo agentlocator doctor`.
alert-wal-size = יומן הכתיבה של מסד הנתונים גדל
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
    .remedy = בדקו בדף הגיבוי מה נכשל, ואם יש מקום בדיסק, גבו עכשיו משם. אם זה חוזר, מי שמטפל במכונה מריץ `sudo agentlocator doctor`.
alert-certificate = תעודת האבטחה (TLS) אינה מתחדשת
    .remedy = בדקו שהכתובת בדף «כתובת ותעודה» עדיין מובילה לכאן. כשהתעודה תפוג, שיחות והודעות מ־Twilio לא יגיעו. אם הכתובת נכונה, מי שמטפל במכונה מריץ `sudo agentlocator doctor`.
alert-bridge-down = WhatsApp של העסק אינו מחובר
    .remedy = הודעות שכבר כתבתם נשמרות, ויישלחו כשהחיבור יחזור. בדף WhatsApp כתוב מה לעשות.
alert-bridge-link = WhatsApp של העסק התנתק
    .remedy = נדרשת סריקה אחת מהטלפון של העסק, בדף WhatsApp. עד אז הודעות נשמרות ואינן נשלחות ממנו.
alert-bridge-not-receiving = דבר אינו מגיע מ־WhatsApp: הטלפון של החשבון כבוי, או שהקישור אינו פועל
    .remedy = אם הטלפון של חשבון ה־WhatsApp כבוי או לא מחובר לאינטרנט, הדליקו אותו; שום הודעה לא אובדת. אם הוא דלוק, פתחו בו את WhatsApp. אם הודעות עדיין אינן נכנסות, נתקו את החשבון בדף וקשרו אותו מחדש.
alert-whatsapp-restricted = WhatsApp הגבילה את החשבון
    .remedy = אל תכתבו לאנשים חדשים עד שההגבלה תוסר. תשובות למי שכתב אליכם אינן מוגבלות.
alert-twilio-refused = Twilio אינה מקבלת את פרטי החשבון
    .remedy = העתיקו שוב את מזהה החשבון ואת האסימון מהאתר של Twilio, ובדקו שם שהחשבון פעיל ושיש בו יתרה.
alert-ai-refused = שירות ה־AI אינו מקבל את המפתח
    .remedy = צרו מפתח חדש באתר של השירות והזינו אותו בהגדרות הסוכן. עד אז שיחות נענות על ידי מנוע AI אחר, אם הוגדר, או שמתקשרים משאירים הודעה.
alert-ai-no-credit = בחשבון של שירות ה־AI נגמרו היתרה או המכסה
    .remedy = הוסיפו יתרה או הגדילו את המכסה באתר של השירות. אין צורך לשנות כאן דבר: השיחה הבאה שתצליח תסגור את הבעיה. עד אז שיחות נענות על ידי מנוע AI אחר, אם הוגדר, או שמתקשרים משאירים הודעה.
alert-ai-rate-limited = שירות ה־AI דוחה שיחות כי יש יותר מדי בקשות
    .remedy = זה עובר מעצמו בתוך דקות. אם זה חוזר, בקשו באתר של השירות מגבלה גבוהה יותר, או הגדירו מנוע AI נוסף. עד אז מתקשרים משאירים הודעה.
alert-ai-setting-rejected = שירות ה־AI אינו מקבל אחת מההגדרות
    .remedy = בחרו ערך אחר בהגדרות ה־AI (מודל, קול, שפה). עד אז השיחות ממשיכות בלעדיו: כשהתמלול נדחה, דברי המתקשר אינם נרשמים.
alert-ai-unavailable = שיחות אינן נענות על ידי ה־AI
    .remedy = בדקו את החיבור לאינטרנט ואת מצב השירות. עד אז מתקשרים משאירים הודעה.
alert-ai-limit = רוב התקרה של ה־AI נוצלה
    .remedy = מעבר לתקרה שיחות עוברות לתא הקולי. בדקו מי מתקשר, או העלו את התקרה בהגדרות הטלפון.
alert-outbox-stuck = הודעות יוצאות אינן נשלחות
    .remedy = ההודעות שמורות, והשליחה נמשכת כל הזמן. בדקו את החיבור לאינטרנט ואת החיבור ל־WhatsApp; אם שניהם תקינים, מי שמטפל במכונה מריץ `sudo agentlocator doctor`.
alert-outbox-undelivered = הודעות שנשלחו לא נמסרו
    .remedy = אם הודעות לאחרים נמסרות, כנראה שהטלפון של הנמען כבוי או שהוא חסם את המספר: התקשרו אליו. אם שום הודעה אינה נמסרת, בדקו את החיבור ל־WhatsApp.
alert-clock-wrong = השעון של השרת אינו נכון
    .remedy = הפעילו סנכרון שעון: `timedatectl set-ntp true`.
alert-settings-rejected = יש שגיאה בהגדרות; בשימוש ההגדרות האחרונות שעבדו
    .remedy = תקנו אותן לפי `agentlocator config check`, ואז `systemctl reload agentlocator`.
alert-self-check = הבדיקה הלילית מצאה תקלה
    .remedy = בדף «בריאות המערכת» כתוב מה נמצא, ואפשר לבדוק שוב. מי שמטפל במכונה מקבל את אותה בדיקה ב־`sudo agentlocator doctor`.

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
# Also the recording that is shipped as goodbye_he.ulaw.
say-goodbye = תודה שהתקשרתם. להתראות.
# Also the recording that is shipped as thanks_he.ulaw.
say-thanks = תודה, ההודעה נשמרה. נחזור אליכם בהקדם. להתראות.
# Instead of a claim of the agent that something is done, if it is not done.
say-not-done = זה עדיין לא נעשה. לנסות שוב?
# Instead of a time that the agent offers without having looked it up.
say-not-read = את השעה הזאת עוד לא בדקתי. לבדוק?

## What an answering machine records.

say-called-back-unnamed = שלום. ניסינו להשיג אתכם, ונשמח שתחזרו אלינו. להתראות.
say-called-back = שלום, כאן העוזר האוטומטי של { $business }. ניסינו להשיג אתכם, ונשמח שתחזרו אלינו. להתראות.
say-called-back-because-unnamed = שלום. התקשרנו אליכם בעניין הזה: { $purpose }. נשמח שתחזרו אלינו. להתראות.
say-called-back-because = שלום, כאן העוזר האוטומטי של { $business }. התקשרנו אליכם בעניין הזה: { $purpose }. נשמח שתחזרו אלינו. להתראות.

## What the person to whom a call is transferred hears.

say-transfer = שיחה מ: { $caller }. לקבלת השיחה הקישו 1.
say-transfer-because = שיחה מ: { $caller }. { $reason }. לקבלת השיחה הקישו 1.
say-withheld-number = מספר חסוי

## Pages on the port without encryption. They are shown in both languages.

https-untrusted = כאן לא מוגש דבר בלי הצפנה. פתחו את { $url }/ במקום. הדפדפן יזהיר עד שתהיה לשרת תעודה; הפקודה sudo agentlocator doctor אומרת מה חסר.
https-missing = כאן לא מוגש דבר בלי הצפנה, והשרת אינו עונה עדיין ב-https. הפקודה sudo agentlocator doctor אומרת מה חסר.
https-elsewhere = כאן לא מוגש דבר בלי הצפנה. לדף יש כתובת משלו (http.crm_listen).

## The titles of tasks: the agent said in a call that something was done that was not done.

promise-booked = הסוכן אמר שנקבע תור, אבל לא נקבע: ”{ $said }“
promise-moved = הסוכן אמר שהתור הוזז, אבל הוא לא הוזז: ”{ $said }“
promise-cancelled = הסוכן אמר שהתור בוטל, אבל הוא לא בוטל: ”{ $said }“
promise-waiting = הסוכן הבטיח מקום ברשימת ההמתנה, אבל אין בה רישום: ”{ $said }“
promise-passed-on = הסוכן הבטיח להעביר הודעה, אבל לא רשם אותה: ”{ $said }“
promise-sent = הסוכן הבטיח לשלוח משהו: ”{ $said }“
promise-offered = הסוכן הציע שעה בלי לבדוק שהיא פנויה: ”{ $said }“
promise-transferred = הסוכן אמר שהוא מעביר את השיחה, אבל לא העביר: ”{ $said }“
promise-opted-out = הסוכן אמר שלא יפנו יותר ללקוח, אבל לא רשם זאת: ”{ $said }“
promise-other-time = הסוכן אמר יום או שעה שאינם של התור: ”{ $said }“

## Tasks for contacts whom the agent could not reach.

task-not-reached = הסוכן לא הצליח להשיג את { $who }: { $purpose }

text-booked = התור שלך נקבע: { $what }
text-moved = התור שלך הועבר: { $what }
text-cancelled = התור שלך בוטל: { $what }
text-appointment = { $service }, יום { $weekday ->
    [monday] שני
    [tuesday] שלישי
    [wednesday] רביעי
    [thursday] חמישי
    [friday] שישי
    [saturday] שבת
   *[sunday] ראשון
} { $date } בשעה { $time }
text-missed-call = שלום, התקשרת אלינו והשיחה הסתיימה לפני שהספקנו לעזור. אפשר לכתוב לנו כאן ונחזור אליך.

notice-outcome = { $outcome ->
    [answered] הסוכן דיבר עם { $who }
    [message] הודעה מאת { $who }
    [missed] שיחה בלי מענה מאת { $who }
    [transferred] הועברה שיחה מאת { $who }
    [booked] נקבע תור בשיחה עם { $who }
    [robot] מכונה התקשרה: { $who }
    [silent] שיחה בלי מילה מאת { $who }
   *[failed] השיחה עם { $who } נקטעה
}
notice-when = { $at }, { $length } דק׳
notice-booked = נקבע: { $what }
notice-moved = הועבר: { $what }
notice-cancelled = בוטל: { $what }
notice-task = משימה: { $title }
notice-lead = ליד: { $title }
notice-page = לשיחה: { $page }

answering-agent = הסוכן עונה מיד לכל שיחה, עד שתשנו.
answering-agent-until = הסוכן עונה מיד לכל שיחה, עד { $time }.
answering-ring = כל שיחה מצלצלת קודם אצלכם, עד שתשנו.
answering-ring-until = כל שיחה מצלצלת קודם אצלכם, עד { $time }.
answering-settings = המענה לפי ההגדרות: { $ring ->
    [open] בשעות הפתיחה השיחות מצלצלות קודם אצלכם.
    [always] השיחות מצלצלות קודם אצלכם.
   *[never] הסוכן עונה מיד.
}
answering-no-phone = בהגדרות אין טלפון שיכול לצלצל, ולכן הסוכן עונה מיד.
answering-never-opens = לפי שעות הפתיחה העסק לא נפתח בקרוב. אפשר לכתוב שעה, למשל ״סוכן עד 17:00״.
answering-words = אפשר לכתוב: סוכן, אנחנו, רגיל או מצב. אפשר גם ״סוכן עד 17:00״, ״סוכן עד מחר״ או ״סוכן לשעתיים״.

## What a contact gets who asks for no more messages.

opt-out-confirmed = לא תקבלו מאיתנו הודעות נוספות. כדי לקבל שוב, שלחו: התחל

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
## Settings: the name of each, and what it does. The page shows them.

setting-http-listen = כתובת האזנה
    .help = הכתובת והפורט שבהם השירות עונה ל־Twilio ולדף.
setting-http-crm-listen = כתובת האזנה של הדף
    .help = כתובת נפרדת לדף; הראשונה כבר לא מגישה אז את הדף.
setting-http-public-base-url = הכתובת הציבורית
    .help = כתובת ה־https שדרכה Twilio והדפדפנים מגיעים למחשב הזה.
setting-http-max-body-bytes = הבקשה הגדולה ביותר
    .help = בקשות גדולות יותר נדחות.
setting-http-request-timeout-s = הגבלת זמן לבקשה
    .help = בקשה שנמשכת יותר מזה מופסקת.
setting-http-max-connections = חיבורים פתוחים
    .help = מספר החיבורים הפתוחים המרבי; אם לא הוגדר, לפי הזיכרון של המחשב.
setting-http-trusted-proxies = שרתי תיווך מהימנים
    .help = שרתי התיווך שלפי הכותרות שלהם מזוהה הלקוח האמיתי.

setting-tls-domain = שמות דומיין
    .help = השמות של המחשב הזה, שעבורם מתקבלת תעודה.
setting-tls-http-listen = האזנה ל־HTTP רגיל
    .help = ההאזנה שמפנה דפדפנים ל־https; אם לא הוגדרה: פורט 80.
setting-tls-https-listen = האזנה ל־TLS
    .help = ההאזנה ל־https; אם לא הוגדרה: פורט 443.
setting-tls-acme = תעודה אוטומטית
    .help = קבלת תעודות מרשות כמו Let's Encrypt.
setting-tls-acme-directory-url = רשות התעודות
    .help = כתובת המדריך של הרשות.
setting-tls-acme-ca-file = תעודת השורש של הרשות
    .help = תעודות שורש שהשירות סומך עליהן בפנייה לרשות עצמה.
setting-tls-acme-contact = דוא״ל לענייני תעודות
    .help = הרשות כותבת לכתובת הזאת בענייני התעודות.
setting-tls-acme-challenge = הוכחת הבעלות על השם
    .help = הדרך שבה הרשות מוודאת שהשם שלכם.
setting-tls-acme-eab-key-id = מזהה החשבון ברשות
    .help = מזהה החשבון החיצוני, אם הרשות דורשת חשבון.
setting-tls-acme-eab-hmac-key = מפתח החשבון ברשות
    .help = המפתח של החשבון החיצוני.
setting-tls-certificate-file = תעודה משלכם
    .help = תעודה ממקור אחר, עם השרשרת שלה.
setting-tls-key-file = המפתח של התעודה שלכם
    .help = המפתח הפרטי של אותה תעודה.

setting-twilio-account-sid = מזהה החשבון (Account SID)
    .help = המזהה שבעמוד הראשי של Twilio; הוא מתחיל ב־AC.
setting-twilio-auth-token = אסימון החשבון (Auth Token)
    .help = האסימון שליד מזהה החשבון; בו Twilio חותמת על הבקשות שלה.
setting-twilio-auth-token-secondary = אסימון שני
    .help = מתקבל גם הוא בזמן שמחליפים את האסימון ב־Twilio.
setting-twilio-api-base-url = כתובת הממשק של Twilio
    .help = הכתובת שדרכה מתבקשות שיחות והודעות.
setting-twilio-content-base-url = כתובת ממשק התבניות של Twilio
    .help = הכתובת שממנה נקראות התבניות.
setting-twilio-wa-from = מספר השולח ב־WhatsApp
    .help = מספר ה־WhatsApp שרשום ב־Twilio.
setting-twilio-phone-number = מספר הטלפון
    .help = המספר שאליו מתקשרים; אם לא הוגדר: זה ששיחותיו מגיעות לכאן.
setting-twilio-wa-template-sid = תבנית הודעה
    .help = התבנית המאושרת להודעות אחרי 24 שעות; היא מתחילה ב־HX.
setting-twilio-wa-template-variables = משתני התבנית
    .help = הערכים של משתני התבנית, ב־JSON.
setting-twilio-wa-text-price-usd = מחיר הודעת טקסט
    .help = כמה עולה הודעת WhatsApp דרך Twilio, בדולרים: העמלות של Twilio ושל Meta, כמו בחשבונות. מוצג לפני השליחה.
setting-twilio-wa-template-price-usd = מחיר הודעה בתבנית
    .help = כמה עולה הודעת WhatsApp בתבנית, בדולרים. מוצג לפני השליחה.

setting-whatsapp-provider = דרך השליחה ב־WhatsApp
    .help = הספק ששולח את ההודעות.
setting-whatsapp-priority = סדר הספקים
    .help = הספק שמנסים ראשון.
setting-whatsapp-enable-twilio = WhatsApp דרך Twilio
    .help = שימוש בחשבון WhatsApp Business שב־Twilio.
setting-whatsapp-enable-baileys = WhatsApp מהטלפון של העסק
    .help = שימוש בחשבון ה־WhatsApp של הטלפון המקושר.
setting-whatsapp-baileys-outbound-url = כתובת הגשר
    .help = הכתובת שאליה נמסרות ההודעות לגשר; אם לא הוגדרה: במחשב הזה.
setting-whatsapp-baileys-port = הפורט של הגשר
    .help = הפורט של הגשר במחשב הזה.
setting-whatsapp-baileys-socket = השקע של הגשר
    .help = שקע ה־Unix של הגשר.
setting-whatsapp-bridge-challenge = הוכחה מהגשר
    .help = האם התוכנה בפורט של הגשר חייבת להוכיח שהיא הגשר לפני שהיא מקבלת את הסוד.
setting-whatsapp-shared-secret = הסוד המשותף עם הגשר
    .help = חותם על אירועי הגשר; מספיק אחד משני הסודות.
setting-whatsapp-webhook-secret = סוד האירועים של הגשר
    .help = הגשר מציג אותו עם כל אירוע; מספיק אחד משני הסודות.
setting-whatsapp-pacing = קצב אנושי
    .help = הגשר שולח בקצב אנושי, כדי להקטין את הסיכון ש־WhatsApp תסגור את החשבון.
setting-whatsapp-per-minute = הודעות בדקה
    .help = מספר ההודעות המרבי שהגשר שולח בדקה.
setting-whatsapp-new-chats-per-day = שיחות חדשות ביום דרך הגשר
    .help = מספר הלקוחות המרבי ביום שלא כתבו קודם.
setting-whatsapp-new-chat-prefixes = קידומות לשיחות חדשות
    .help = שיחות חדשות נפתחות רק לקידומות האלה; ריק: המדינה של העסק.
setting-whatsapp-new-chats-per-user-per-day = שיחות חדשות ביום למשתמש
    .help = מספר השיחות החדשות המרבי של משתמש אחד ב־24 שעות; 0: ללא הגבלה.
setting-whatsapp-new-chats-in-all-per-day = שיחות חדשות ביום בסך הכול
    .help = מספר השיחות החדשות המרבי של כולם יחד ב־24 שעות; 0: ללא הגבלה.
setting-whatsapp-max-media-bytes = הקובץ הגדול ביותר
    .help = קבצים גדולים יותר של הודעות אינם נשמרים.

setting-openai-api-key = מפתח ה־API
    .help = המפתח של OpenAI. בלעדיו עונה מנוע התמלול, המודל והקול, אם הוגדר; אחרת המתקשרים משאירים הודעה.
setting-openai-base-url = כתובת שירות ה־AI
    .help = OpenAI או שרת תואם.
setting-openai-realtime-model = מודל הקול
    .help = המודל שמשוחח עם המתקשרים.
setting-openai-live-model = מודל הקול של GPT-Live
    .help = המודל של המנוע הניסיוני, ששומע ומדבר בו זמנית.
setting-openai-voice = קול
    .help = הקול של הסוכן.
setting-openai-audio-format = השמע של מודל הקול
    .help = שמע של טלפון, או PCM לשרתים משלכם שלא תומכים בו.
setting-openai-live-transcription-model = מודל התמלול של שירותים נפרדים
    .help = מתמלל שיחות כשהתמלול, המודל והקול הם שירותים נפרדים, ו־OpenAI מתמלל.
setting-openai-transcription-model = מודל התמלול לשיחות
    .help = רושם את דברי המתקשר בזמן השיחה.
setting-openai-file-transcription-model = מודל התמלול להקלטות
    .help = רושם את תוכן ההקלטות.
setting-openai-chat-model = מודל הטקסט
    .help = עונה תור אחר תור כשאי אפשר לשוחח בשידור חי.
setting-openai-turn-detection = סוף התור של המתקשר
    .help = מה מסיים את התור של המתקשר: שתיקה או משמעות הדברים.
setting-openai-vad-threshold = עוצמת הדיבור
    .help = העוצמה שממנה ואילך צליל נחשב לדיבור, 0 עד 1.
setting-openai-vad-prefix-padding-ms = צליל לפני הדיבור
    .help = כמה צליל נשמר מלפני תחילת הדיבור.
setting-openai-vad-silence-ms = השתיקה שמסיימת תור
    .help = אורך השתיקה שאחריה הסוכן עונה.
setting-openai-early-replies = הכנת תשובות מראש
    .help = האם תשובה מוכנה כבר בהפסקה קצרה, ונשמעת כשהמתקשר סיים.
setting-openai-vad-eagerness = הלהיטות לענות
    .help = כמה מהר הסוכן רואה בשתיקה את סוף התור.
setting-openai-reasoning-effort = מאמץ החשיבה
    .help = כמה מודל שחושב חושב לפני שהוא עונה, כשהמתקשר מחכה. lowest: המעט ביותר שהמודל מקבל.
setting-openai-max-output-tokens = אורך התשובה
    .help = המספר המרבי של אסימונים בתשובה אחת.

setting-google-credentials-file = קובץ החשבון
    .help = קובץ ה־JSON של חשבון שירות של Google. החשבון מתמלל או מדבר בשיחות, אם בוחרים ב־Google תחת "מי מתמלל" או "מי מדבר".
setting-google-credentials-json = חשבון
    .help = ה־JSON עצמו של חשבון שירות של Google, אם אין קובץ.
setting-google-region = אזור
    .help = איפה Google מתמלל ומדבר. המודל צריך להיות קיים שם.
setting-google-speech-base-url = כתובת זיהוי הדיבור
    .help = כתובת אחרת מזו של האזור.
setting-google-tts-base-url = כתובת ההקראה
    .help = כתובת אחרת מזו של האזור.
setting-google-token-url = כתובת האסימונים
    .help = הכתובת שבה החשבון מוחלף באסימון.
setting-google-stt-model = מודל התמלול
    .help = כותב את דברי המתקשר במהלך השיחה.
setting-google-voice = הקול
    .help = הקול של הסוכן: אחד הקולות של Chirp 3 HD, למשל Kore או Charon.
setting-google-silence-ms = שתיקה לפני תשובה
    .help = אחרי הפסקה באורך הזה הסוכן עונה.

setting-elevenlabs-api-key = המפתח של ElevenLabs
    .help = מתמלל או מדבר בשיחות, אם בוחרים בו תחת "מי מתמלל" או "מי מדבר".
setting-elevenlabs-base-url = הכתובת של ElevenLabs
    .help = הכתובת של השירות.
setting-elevenlabs-stt-model = מודל התמלול
    .help = כותב את דברי המתקשר במהלך השיחה.
setting-elevenlabs-tts-model = מודל הדיבור
    .help = אומר את התשובות של הסוכן. רק הדור השלישי יודע עברית.
setting-elevenlabs-voice = הקול
    .help = המזהה של הקול, מרשימת הקולות של ElevenLabs.
setting-elevenlabs-vad-silence-ms = שתיקה לפני תשובה
    .help = אחרי הפסקה באורך הזה הסוכן עונה.
setting-elevenlabs-multilingual = כמה שפות בשיחה אחת
    .help = האם מזהים את השפה של כל משפט. אם לא, המתמלל מצפה לשפה של הלקוח, או לשפה של הסוכן.

setting-elevenlabs-key-terms = שמות כמילים צפויות
    .help = האם המתמלל מכיר את שמות העסק, השירותים והאנשים. ElevenLabs גובה על כך תשלום.

setting-deepgram-api-key = המפתח של Deepgram
    .help = מתמלל שיחות, אם בוחרים בו תחת "מי מתמלל".
setting-deepgram-base-url = הכתובת של Deepgram
    .help = הכתובת של השירות.
setting-deepgram-model = מודל התמלול
    .help = כותב את דברי המתקשר במהלך השיחה. רק nova-3 יודע עברית.
setting-deepgram-endpointing-ms = שתיקה לפני תשובה
    .help = אחרי הפסקה באורך הזה הסוכן עונה.
setting-deepgram-multilingual = כמה שפות בשיחה אחת
    .help = האם מזהים עברית, אנגלית, ערבית ורוסית בכל שיחה. רק nova-3 יודע זאת.

setting-soniox-api-key = המפתח של Soniox
    .help = מתמלל ומדבר בשיחות, עם מודל הטקסט שתבחרו. חשבון חדש יכול לדבר ב־3 שיחות בו־זמנית; שיחות נוספות עוברות לתא הקולי.
setting-soniox-stt-base-url = הכתובת של התמלול
    .help = הכתובת של שירות התמלול של Soniox.
setting-soniox-tts-base-url = הכתובת של הדיבור
    .help = הכתובת של הקולות של Soniox.
setting-soniox-stt-model = מודל התמלול
    .help = כותב את דברי המתקשר במהלך השיחה.
setting-soniox-tts-model = מודל הדיבור
    .help = אומר את התשובות של הסוכן.
setting-soniox-voice = הקול
    .help = הקול של הסוכן.
setting-soniox-max-endpoint-delay-ms = ההמתנה הארוכה ביותר למתקשר
    .help = כמה זמן אחרי המילה האחרונה של המתקשר נגמר תורו לכל המאוחר.

setting-pipeline-model-base-url = הכתובת של מודל הטקסט
    .help = שרת שתואם לצ'אט של OpenAI; ריק: השרת של OpenAI.
setting-pipeline-model-api-key = המפתח של מודל הטקסט
    .help = המפתח של אותו שרת, אם הוא צריך.
setting-pipeline-model-api = הממשק של מודל הטקסט
    .help = איך פונים למודל הטקסט; אוטומטי: Responses אצל OpenAI, ו־chat completions אצל אחרים.
setting-pipeline-model = מודל הטקסט
    .help = עונה למתקשר; ריק: מודל הטקסט של OpenAI.
setting-pipeline-speculation = לחשוב מראש
    .help = לבקש תשובה עוד לפני שברור שהמתקשר סיים: מהיר יותר, ומעט יקר יותר.
setting-pipeline-duplicate-requests = לשאול פעמיים כשהמתקשר מחכה
    .help = לשלוח חלק מהבקשות פעמיים ולהשתמש בתשובה המהירה. עד 40% מהבקשות למודל הטקסט נזרקות אבל בתשלום, והמילים הראשונות של רוב התשובות מוקראות פעמיים. לא מתאים לשרתים שלכם.
setting-pipeline-transcriber = מי מתמלל
    .help = השירות שכותב את דברי המתקשר; צריך את המפתח שלו.
setting-pipeline-transcription-base-url = הכתובת של שרת התמלול
    .help = שרת שתואם לתמלול של OpenAI.
setting-pipeline-transcription-api-key = המפתח של שרת התמלול
    .help = המפתח של אותו שרת, אם הוא צריך.
setting-pipeline-transcription-model = המודל של שרת התמלול
    .help = כותב כל משפט של המתקשר.
setting-pipeline-transcription-silence-ms = שתיקה לפני התמלול
    .help = אחרי הפסקה באורך הזה המשפט של המתקשר נשלח לשרת התמלול.
setting-pipeline-synthesiser = מי מדבר
    .help = Soniox, ElevenLabs, Google, או שרת שתואם לדיבור של OpenAI.
setting-pipeline-speech-base-url = הכתובת של שרת הדיבור
    .help = שרת שתואם לדיבור של OpenAI.
setting-pipeline-speech-api-key = המפתח של שרת הדיבור
    .help = המפתח של אותו שרת, אם הוא צריך.
setting-pipeline-speech-model = המודל של שרת הדיבור
    .help = המודל שמדבר.
setting-pipeline-speech-voice = הקול של שרת הדיבור
    .help = הקול של הסוכן.
setting-pipeline-speech-sample-rate = קצב הדגימה של שרת הדיבור
    .help = קצב הדגימה של השמע שלו, בהרץ.
setting-pipeline-cents-per-hour = מחיר של שעת שיחות
    .help = כמה עולים התמלול, מודל הטקסט והקול יחד לשעת שיחה, בסנטים אמריקאיים, לפי החשבונות שלך. נספר במחיר של כל שיחה ובתקרה היומית בדולרים; 0 אם הכול רץ על המחשב שלך.

setting-voice-engine = מי עונה לשיחות
    .help = הסוכן, או תא קולי שמקבל הודעות.
setting-voice-ring-first = קודם לצלצל לטלפונים
    .help = לפני שהסוכן עונה, השיחה מצלצלת בטלפונים של הצוות; מי שמרים שומע מי מתקשר ומקיש 1. אחרת הסוכן עונה.
setting-voice-ring-numbers = באילו טלפונים לצלצל
    .help = כולם מצלצלים יחד, עד עשרה, ומי שעונה ראשון מקבל את השיחה. כדאי לכבות בהם את התא הקולי, כדי שלא יענה במקומכם. ריק: הטלפון שאליו מועברות שיחות.
setting-voice-ring-first-s = כמה זמן לצלצל
    .help = אחר כך הסוכן עונה.
setting-voice-ring-page-s = כמה זמן לצלצל בדף
    .help = כשלקוח מבקש לדבר עם אדם, קודם מצלצל אצל מי שהדף פתוח אצלו, ורק אחר כך בטלפון. בלי טלפון, הסוכן ממשיך. 0: רק הטלפון מצלצל.
setting-voice-ai-engines = סדר מנועי השיחה
    .help = הבא בתור ממשיך שיחה שהמנוע שלה נכשל; מנוע בלי מפתח לא בשימוש.
setting-voice-greeting-file = קובץ ברכת הפתיחה
    .help = קובץ MP3 או WAV של המכונה, עד 10 שניות, במקום הברכה שנקבעת בדף.
setting-voice-fallback-file = ההודעה שלפני ההקלטה
    .help = מה שהמתקשרים שומעים לפני ש־Twilio מקליטה הודעה.
setting-voice-lead-ms = שמע שנשלח מראש
    .help = כמה שמע נשלח ל־Twilio לפני ההשמעה.
setting-voice-idle-prompt-s = שאלה אחרי שתיקה
    .help = השתיקה שאחריה המתקשר נשאל אם הוא על הקו; 0: אף פעם.
setting-voice-max-call-s = השיחה הארוכה ביותר
    .help = שיחה מסתיימת אחרי הזמן הזה.
setting-voice-recording = הקלטת שיחות
    .help = שמירת הקלטה של כל שיחה.
setting-voice-input-log-days = יומנים לשחזור שיחות
    .help = כמה ימים נשמר היומן של כל מה ששיחה מוקלטת קיבלה, בשביל `agentlocator replay`. עם 0 לא נשמר דבר.
setting-voice-say-voice = הקול של ההודעות
    .help = הקול שמדבר כשהסוכן אינו מחובר.
setting-voice-message-max-s = ההודעה הארוכה ביותר
    .help = אורך ההודעה המרבי שמתקשר יכול להשאיר.
setting-voice-message-silence-s = השתיקה שמסיימת הודעה
    .help = אחרי השתיקה הזאת ההודעה נחשבת שלמה.
setting-voice-end-robot-calls = לנתק שיחות של מכונות
    .help = פקס או מודם לפי הצליל שלהם, או הודעה מוקלטת שמבקשת להקיש מקש. שיחה של אדם לא מנותקת.
setting-voice-end-silent-calls = לנתק שיחות שקטות
    .help = אם לא נאמרה מילה מתחילת השיחה, שמונה שניות אחרי שהסוכן שאל פעם אחת אם מישהו על הקו. חייגנים אוטומטיים לא עונים. אם הסוכן לא שואל, להגדרה אין השפעה.
setting-voice-agent-speaks-first = הסוכן פותח
    .help = הסוכן אומר משהו מיד אחרי ברכת הפתיחה.
setting-voice-ai-calls-at-once = שיחות בו־זמנית עם הסוכן
    .help = שיחות נוספות באותו זמן עוברות לתא הקולי; 0: ללא הגבלה.
setting-voice-ai-calls-per-number-at-once = שיחות בו־זמנית ממספר אחד
    .help = אותו דבר לשיחות ממספר אחד; 0: ללא הגבלה.
setting-voice-ai-calls-per-number-per-day = שיחות ביום ממספר אחד
    .help = שיחות נוספות באותו יום עוברות לתא הקולי; 0: ללא הגבלה.
setting-voice-ai-minutes-per-day = דקות ביום עם הסוכן
    .help = אחרי הדקות האלה השיחות עוברות לתא הקולי; 0: ללא הגבלה.
setting-voice-ai-usd-per-day = עלות יומית של הסוכן
    .help = אחרי הסכום הזה בדולרים השיחות עוברות לתא הקולי; 0: ללא הגבלה.

setting-business-name = שם העסק
    .help = הסוכן מציג את עצמו בשם הזה.
setting-business-time-zone = אזור זמן
    .help = לפיו מוצגים הזמנים בדף ונקבעות ההגבלות היומיות והמשימות הליליות. תורים והודעות שכבר נקבעו נשארים באותו רגע, ולכן השעה המקומית שלהם משתנה.
setting-business-country = מדינה
    .help = המדינה של מספרי טלפון בלי קידומת מדינה.

setting-agent-instructions = הוראות לסוכן
    .help = מה הסוכן צריך לדעת ולעשות, במילים שלכם.
setting-agent-language = שפת הסוכן
    .help = השפה שבה הסוכן פותח.
setting-agent-transfer-to = העברת שיחות אל
    .help = מספר הטלפון של אדם, למתקשרים שמבקשים אדם; אם לא הוגדר: אין העברה.
setting-agent-pronunciation = איך הוגים מילים
    .help = שמות ומילים שהסוכן אומר לא נכון, בכל שורה: איך כותבים = איך אומרים.
setting-agent-send-whatsapp = שליחת WhatsApp למתקשרים
    .help = בזמן השיחה, אם המתקשר מסכים: כתובת, קישור, מחיר; למספר שממנו הוא מתקשר, עד שלוש הודעות ביממה.
setting-agent-summaries = סיכום שיחות
    .help = אחרי כל שיחה ה־AI כותב סיכום, ורושם את השפה, לידים, משימות ושאלות בלי תשובה.
setting-agent-confirm-appointments = אישור תורים ב־WhatsApp
    .help = אחרי שהסוכן קובע, מזיז או מבטל תור בשיחה, המתקשר מקבל על כך הודעת WhatsApp.
setting-agent-call-notices = הודעה אליך אחרי שיחות
    .help = במייל או ב־WhatsApp, לנמעני ההתראות: אחרי שיחות שיצא מהן משהו, אחרי כל השיחות, או אף פעם.
setting-agent-text-missed-callers = כתיבה למתקשרים שניתקו
    .help = לפני שקיבלו עזרה; ב־WhatsApp, לכל היותר פעם ביום. WhatsApp דורשת שהנמענים הסכימו לקבל מכם הודעות.
setting-agent-missed-call-text = ההודעה למתקשרים שניתקו
    .help = ריק: הודעה מובנית בשפת הסוכן.
setting-agent-calls-from-hour = שיחות יוצאות של הסוכן: משעה
    .help = השעה שממנה הסוכן מתקשר למי שביקשתם. בישראל הוא לא מתקשר בשבתות ובחגים, ולא אחרי 13:00 בערבים שלפניהם.
setting-agent-calls-until-hour = שיחות יוצאות של הסוכן: עד שעה
    .help = השעה שבה הסוכן מפסיק להתקשר.

setting-alerts-whatsapp-to = מספר WhatsApp להתראות
    .help = המספר שלכם, שאליו נשלחות ההתראות.
setting-alerts-mail-to = כתובות דוא״ל להתראות
    .help = הכתובות שאליהן נשלחות ההתראות.
setting-alerts-language = שפת ההתראות
    .help = אם לא הוגדרה: עברית כששפת הסוכן עברית, אחרת אנגלית.
setting-alerts-repeat-hours = חזרה על התראות
    .help = אחרי הזמן הזה התראה שנמשכת נשלחת שוב.
setting-alerts-settle-s = רגיעה לפני סיום
    .help = כמה זמן הבעיה צריכה להיעלם לפני שההתראה מסתיימת.
setting-alerts-bridge-down-after-s = השהיית ההתראה על הגשר
    .help = כמה זמן הגשר יכול להיות מנותק לפני התראה.
setting-alerts-replication-after-s = השהיית ההתראה על השכפול
    .help = כמה זמן Litestream יכול להיעדר לפני התראה.
setting-alerts-failed-calls = שיחות שנכשלו לפני התראה
    .help = מספר השיחות הרצופות שה־AI לא ענה בהן, שאחריו נשלחת התראה.

setting-mail-host = שרת הדוא״ל
    .help = השרת ששולח התראות בדוא״ל.
setting-mail-port = הפורט של שרת הדוא״ל
    .help = אם לא הוגדר: הפורט הרגיל של ההצפנה שנבחרה.
setting-mail-tls = הצפנת הדוא״ל
    .help = אופן ההצפנה של החיבור לשרת הדוא״ל.
setting-mail-username = המשתמש בשרת הדוא״ל
    .help = בדרך כלל כתובת הדוא״ל.
setting-mail-password = הסיסמה בשרת הדוא״ל
    .help = לעתים קרובות סיסמה שהספק יוצר לתוכנות.
setting-mail-from = שולח הדוא״ל
    .help = הכתובת שממנה נשלחות ההתראות; אם לא הוגדרה: המשתמש.
setting-mail-ca-file = תעודת השורש של שרת הדוא״ל
    .help = תעודת שורש לשרת דוא״ל משלכם.
setting-mail-timeout-s = הגבלת הזמן של שרת הדוא״ל
    .help = כמה זמן תשובה של השרת יכולה להימשך.

setting-disk-media-stops-below = מקום פנוי לקבצים
    .help = כשנשאר פחות מקום, קבצים והקלטות אינם נשמרים.
setting-disk-critical-below = מקום פנוי של דיסק מלא
    .help = כשנשאר פחות מקום, הדיסק נחשב מלא.
setting-disk-bridge-folder = התיקייה של הגשר
    .help = התיקייה שגם הדיסק שלה מנוטר.

setting-retention-media-days = שמירת קבצים
    .help = קבצים של הודעות נמחקים אחרי הזמן הזה; 0: אף פעם.
setting-retention-recordings-days = שמירת הקלטות
    .help = הקלטות של שיחות נמחקות אחרי הזמן הזה; 0: אף פעם.
setting-retention-transcripts-days = שמירת תמלולים
    .help = תמלולים של שיחות נמחקים אחרי הזמן הזה; 0: אף פעם.
setting-retention-journal-days = שמירת פניות גולמיות
    .help = מה שהספקים שלחו נמחק אחרי הזמן הזה; 0: אף פעם.
setting-retention-audit-days = שמירת יומן הפעולות
    .help = הרישום של מי שינה מה נמחק אחרי הזמן הזה; 0: אף פעם.

setting-maintenance-hour = שעת הבדיקה העצמית
    .help = השעה של הבדיקה הלילית.
setting-maintenance-self-check = בדיקה עצמית לילית
    .help = בדיקת שיחות, הודעות וגיבויים בכל לילה.

setting-store-database-url = מסד הנתונים
    .help = הקובץ של מסד הנתונים.
setting-store-publish = עותק לצד מסד הנתונים
    .help = עותק שכל תוכנה יכולה לקרוא בכל עת.
setting-store-publish-interval-ms = תדירות העותק
    .help = הזמן המזערי בין שני עדכונים של העותק.
setting-store-readers = חיבורי קריאה
    .help = כמה קריאות ממסד הנתונים רצות בו־זמנית.
setting-store-keep-snapshots = העתקים שלפני עדכונים
    .help = כמה העתקים מלפני עדכונים נשמרים.
setting-store-litestream = שכפול ב־Litestream
    .help = מחשב אחר נשמר מעודכן באמצעות Litestream.

setting-backup-enabled = גיבוי לילי
    .help = יצירת עותק מאומת של מסד הנתונים בכל לילה.
setting-backup-hour = שעת הגיבוי
    .help = השעה שאחריה הגיבוי נוצר.
setting-backup-folder = תיקיית הגיבויים
    .help = אם לא הוגדרה: התיקייה snapshots שליד מסד הנתונים.
setting-backup-keep-days = שמירת גיבויים יומיים
    .help = מספר הימים שמכל אחד מהם נשמר הגיבוי האחרון.
setting-backup-keep-weeks = שמירת גיבויים שבועיים
    .help = מספר השבועות שמכל אחד מהם נשמר הגיבוי האחרון.
setting-backup-budget = מקום לגיבויים
    .help = כמה מהדיסק כל הגיבויים יחד יכולים לתפוס.
setting-backup-start-delay-s = השהיה אחרי הפעלה
    .help = כמה זמן אחרי הפעלה נוצר גיבוי שהוחמץ.
setting-backup-age-recipients = מפתחות הצפנה
    .help = אפשר לקרוא גיבויים רק עם אחד המפתחות האלה; ריק: ללא הצפנה.
setting-backup-s3-endpoint = כתובת האחסון
    .help = הכתובת של שירות S3 ששומר את הגיבויים.
setting-backup-s3-bucket = מכל האחסון (Bucket)
    .help = השם של המכל.
setting-backup-s3-region = אזור האחסון
    .help = האזור של שירות S3.
setting-backup-s3-prefix = תחילית באחסון
    .help = התחילית של כל השמות במכל.
setting-backup-s3-path-style = שם המכל בנתיב
    .help = שם המכל נמצא בנתיב ולא בשם השרת.
setting-backup-s3-access-key-id = מזהה מפתח הגישה
    .help = המזהה של המפתח למכל.
setting-backup-s3-secret-access-key = מפתח הגישה הסודי
    .help = המפתח למכל.

setting-log-level = פירוט היומן
    .help = כמה השירות כותב ביומן שלו.

setting-updates-check = בדיקת עדכונים
    .help = האם השירות מחפש גרסאות חדשות בכל שבוע.
setting-updates-feed-url = כתובת הגרסאות
    .help = הכתובת שממנה נקראת רשימת הגרסאות.

## מה שהבדיקות מוצאות. המפתחות נשמרים במסדי נתונים: מוסיפים חדשים, ולא משנים שמות.

found-twilio-unset = לא הוגדר חשבון ב־Twilio (מזהה החשבון והאסימון שלו), ולכן אין שיחות, ואין WhatsApp דרכה
found-twilio-accepted = החשבון והאסימון שלו מתקבלים ב־Twilio
found-twilio-trial = זה חשבון ניסיון: רק מספרים מאומתים יכולים להתקשר ולקבל שיחות, המתקשרים שומעים קודם הודעה של Twilio, וחלק ממה ששיחות צריכות עלול להיות חסום
found-twilio-status = לפי Twilio מצב החשבון הוא { $status }: שיחות לא נכנסות
found-twilio-refused = מזהה החשבון והאסימון (TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN) לא מתקבלים ב־Twilio
found-twilio-answer = התשובה ש־Twilio נתנה: { $status } { $reason }
found-twilio-unreachable = אין קשר עם Twilio. הסיבה: { $reason }
found-twilio-error = הבקשה ל־Twilio נכשלה: { $reason }

found-twilio-sender-unknown = ‏Twilio לא מציגה את שולחי הוואטסאפ של החשבון; בדקו את השולח במסוף, Messaging > Senders: { $url }/webhook/whatsapp/twilio, ומצב: { $url }/webhook/whatsapp/twilio/status
found-whatsapp-sandbox = שולח הוואטסאפ הוא ארגז החול של Twilio, ואת ההגדרות שלו אי אפשר לקרוא מכאן; בדקו במסוף, Messaging > Try it out > Send a WhatsApp message > Sandbox settings: { $url }
found-whatsapp-sender-missing = אין בחשבון שולח וואטסאפ { $number }
found-whatsapp-sender-status = שולח הוואטסאפ { $number } עוד לא יכול לשלוח ולקבל: המצב ב־Twilio הוא { $status }
found-whatsapp-sender-offline = שולח הוואטסאפ { $number } לא יכול לשלוח ולקבל: המצב ב־Twilio הוא { $status } ({ $reason })
found-whatsapp-sender-nowhere = הודעות וואטסאפ אל { $number } לא מגיעות לשום מקום
found-whatsapp-sender-elsewhere = הודעות וואטסאפ אל { $number } מגיעות אל { $url }
found-whatsapp-sender-method = הודעות וואטסאפ אל { $number } נשלחות לכאן בשיטה { $method }, אבל צריך POST
found-whatsapp-sender-here = הודעות וואטסאפ אל { $number } מגיעות לכאן

found-numbers-unset = לזה צריך חשבון Twilio וכתובת ציבורית
found-number-missing = אין בחשבון מספר { $number }
found-numbers-none = אין בחשבון מספר טלפון
found-numbers-elsewhere = אף אחד מ־{ $count } המספרים שבחשבון לא מפנה לכאן את השיחות שלו
found-number-trunk = השיחות אל { $number } עוברות ל־SIP trunk, שמספרו { $sid }, והוא גובר על הכתובות של המספר
found-number-app = השיחות אל { $number } עוברות לאפליקציית TwiML, שמספרה { $sid }, והיא גוברת על הכתובות של המספר
found-number-here = השיחות אל { $number } מגיעות לכאן
found-number-elsewhere = השיחות אל { $number } עוברות אל { $url }
found-number-nowhere = השיחות אל { $number } לא עוברות לשום מקום
found-number-status-elsewhere = העדכונים על שיחות אל { $number } נשלחים אל { $url }
found-number-status-nowhere = העדכונים על שיחות אל { $number } לא נשלחים לשום מקום
found-number-fallback-missing = מי שמתקשר אל { $number } שומע הודעת שגיאה כשהמכונה הזאת כבויה
found-number-fallback-here = גם הגיבוי של { $number } נמצא על המכונה הזאת: { $url }

found-address-unset = לא הוגדרה כתובת ציבורית, ולכן Twilio לא יכולה לפנות למכונה הזאת
found-address-unresolved = השם { $host } לא מוביל לשום כתובת ({ $reason })
found-address-private = הרשומה { $record } מובילה לתוכנה הזאת, אבל רק מתוך הרשת שלכם
found-address-here = הרשומה { $record } מובילה למכונה הזאת ולתוכנה הזאת
found-address-forwarded = הרשומה { $record } מובילה לתוכנה הזאת, דרך נתב, פרוקסי או מנהרה
found-address-other-machine = הרשומה { $record } היא של מכונה אחרת (שעונה { $status })
found-address-not-this = הרשומה { $record } עונה, אבל זו לא התוכנה הזאת (HTTP { $status })
found-address-silent-among-others = הרשומה { $record } לא עונה ({ $reason }), ואחרות כן
found-address-silent-here = הרשומה { $record } היא המכונה הזאת, אבל דבר לא עונה שם ({ $reason })
found-address-silent = הרשומה { $record } לא עונה ({ $reason })
found-address-no-route = את הרשומה { $record } אי אפשר לבדוק: למכונה הזאת אין דרך אליה
found-address-unchecked = הרשומה { $record } לא נבדקה, כי התוכנה לא רצה

found-ai-no-key = לא הוגדר מפתח AI, ולכן המתקשרים משאירים הודעה (OPENAI_API_KEY)
found-ai-no-key-needed = לא הוגדר מפתח של OpenAI ‏(OPENAI_API_KEY): למתקשרים עונה מנוע התמלול, המודל והקול
found-ai-accepted = ה־AI מקבל את המפתח ואת ההגדרות, ומציע את { $model }
found-ai-model-missing = למפתח אין הרשאה להשתמש ב־{ $models }
found-ai-shutdown = המודל { $model } יפסיק לפעול ב־{ $day } (ימים: { $days })
found-ai-rejected-settings = ה־AI לא מקבל את ההגדרות האלה של שיחה, והשיחות נמשכות בלעדיהן: { $fields }
found-ai-no-session = אי אפשר לפתוח שיחה עם ה־AI. הסיבה: { $reason }
found-ai-slow-session = אי אפשר לפתוח שיחה עם ה־AI: הוא לא ענה בתוך { $seconds } שניות
found-ai-key-rejected = ה־AI לא מקבל את המפתח ({ $reason })
found-ai-no-credit = לחשבון של ה־AI אין יתרה או מכסה ({ $reason })
found-ai-rate-limited = ה־AI דוחה בקשות כי הן רבות מדי ({ $reason })
found-ai-answer = ה־AI ענה { $status } { $reason }
found-ai-unreachable = אין קשר עם ה־AI. הסיבה: { $reason }
found-ai-unusable = הבקשה ל־AI נכשלה: { $reason }

found-pipeline-works = מנוע התמלול, המודל והקול עובד: { $transcriber } מתמלל, { $model } עונה, { $synthesiser } מדבר
found-pipeline-transcriber = { $service } לא מתמלל שיחות. הסיבה: { $reason }
found-pipeline-model = המודל { $model } לא עונה בשיחות. הסיבה: { $reason }
found-pipeline-slow = { $part } נזקק ל־{ $seconds } שניות, יותר מדי לשיחה: המתקשר שומע בקשות להמתין, ואחרי { $limit } שניות עונה מנוע אחר, או שהמתקשר משאיר הודעה
found-pipeline-reasoning = המודל { $model } כותב את מהלך החשיבה שלו לתוך התשובות; בשיחות הוא מושמט, אבל המתקשר מחכה לו
found-pipeline-synthesiser = { $service } לא מדבר בשיחות. הסיבה: { $reason }

found-bridge-unused = גשר הוואטסאפ אינו בשימוש
found-bridge-unusable = אי אפשר לפנות לגשר הוואטסאפ: { $reason }
found-bridge-linked = גשר הוואטסאפ מקושר
found-bridge-linked-to = גשר הוואטסאפ מקושר אל { $account }
found-bridge-connected = מחובר
found-bridge-restricted = וואטסאפ לא נותנת לחשבון לכתוב ללקוחות חדשים
found-bridge-restricted-until = וואטסאפ לא נותנת לחשבון לכתוב ללקוחות חדשים עד { $until }
found-bridge-not-receiving = הגשר לא קיבל דבר מוואטסאפ מאז { $since }, והטלפון של החשבון לא עונה
found-bridge-unread = { $count ->
    [one] הודעה אחת מוואטסאפ לא פוענחה, ונשמרה בצד
    [two] שתי הודעות מוואטסאפ לא פוענחו, ונשמרו בצד
   *[other] { $count } הודעות מוואטסאפ לא פוענחו, ונשמרו בצד
}

found-certificate-valid = בתוקף עד { $end }
found-certificate-unset = לא הוגדרה תעודה
found-backup-off = כבוי
found-backup-pending = עוד לא הגיע הזמן לגיבוי לילי
found-backup-good = הגיבוי האחרון תקין
found-database-intact = נבדק כולו ב־{ $took_ms } אלפיות שנייה, ותקין
found-database-damaged = הנתונים פגומים: { $reason }
found-copy-equal = תקין, וזהה למסד הנתונים
found-copy-off = כבוי ([store] publish)
found-copy-behind = הקובץ אינו מעודכן: תוכנה אחרת פתחה אותו, או שאין לו מקום בדיסק
found-copy-foreign = קובץ אחר תפס את השם שלו
found-copy-frozen = מסד הנתונים פגום; הקובץ נשמר כפי שהוא, כעותק התקין האחרון
found-copy-pages-differ = { $count } דפים שונים ממסד הנתונים, הראשון הוא דף { $page }
found-copy-no-space = אין מספיק מקום בדיסק כדי לבדוק אותו
found-copy-differs = העותק שונה ממסד הנתונים: { $reason }
found-disk-good = יש מספיק מקום פנוי
found-outbox-good = אין הודעה תקועה
found-outbox-stopped = ההודעות שמחכות לשליחה לא מטופלות
found-outbox-stuck = { $count ->
    [one] הודעה אחת מחכה יותר מעשר דקות
    [two] שתי הודעות מחכות יותר מעשר דקות
   *[other] { $count } הודעות מחכות יותר מעשר דקות
}
found-jobs-failed = עבודות שנכשלו סופית ביום האחרון: { $count }
found-unknown = אי אפשר לבדוק: { $reason }
found-gave-up = זה נמשך יותר מ־{ $seconds } שניות, והבדיקה הופסקה

## מה עושים.

remedy-twilio-upgrade = שדרגו אותו במסוף של Twilio לפני השיחה הראשונה
remedy-twilio-console = בדקו במסוף של Twilio; הסיבה הרגילה היא תשלום
remedy-twilio-credentials = העתיקו את שניהם מהדף הראשי של המסוף של Twilio; אסימון שהוחלף שם צריך להחליף גם כאן
remedy-twilio-later = נסו שוב מאוחר יותר; תקלות מתפרסמות ב־status.twilio.com
remedy-settings = בדקו את ההגדרות
remedy-internet = בדקו שהמכונה הזאת מחוברת לאינטרנט: שרת שמות, חומת אש, שעון

remedy-number-check = בדקו את המספר במסוף של Twilio, תחת Phone Numbers > Manage > Active numbers
remedy-number-buy = קנו מספר במסוף של Twilio
remedy-number-name = כתבו באיזה מספר להשתמש: agentlocator doctor --fix --number +972..., או [twilio] phone_number
remedy-number-webhook = במסוף של Twilio, קבעו את המספר ל־Webhook, או קבעו לאפליקציה את הכתובות של המכונה הזאת
remedy-number-voice-url = הריצו agentlocator doctor --fix, או קבעו במסוף של Twilio, בשדה A call comes in: { $url }
remedy-number-status-url = הריצו agentlocator doctor --fix, או קבעו במסוף של Twilio, בשדה Call status changes: { $url }
remedy-whatsapp-sender-add = במסוף של Twilio, תחת Messaging > Senders > WhatsApp senders, רשמו את המספר, או קבעו ב־TWILIO_WA_FROM מספר שמופיע שם
remedy-whatsapp-sender-console = בדקו את השולח במסוף של Twilio, תחת Messaging > Senders > WhatsApp senders
remedy-whatsapp-sender-webhook = במסוף של Twilio, תחת Messaging > Senders > WhatsApp senders, פתחו את המספר וקבעו את הכתובת להודעות נכנסות, בשיטת POST: { $url }
remedy-number-fallback = במסוף של Twilio, קבעו ב־Primary handler fails כתובת של TwiML Bin; במדריך המהיר יש אחד להעתקה

remedy-address-set = הזינו בשדה "הכתובת הציבורית" את כתובת ה־https של המכונה הזאת, של הפרוקסי או של המנהרה (PUBLIC_BASE_URL)
remedy-address-record = אצל רשם הדומיין, צרו רשומת A עם כתובת ה־IPv4 הציבורית של המכונה הזאת; או בדקו שהמכונה מגיעה לשרת שמות (`resolvectl status`)
remedy-address-public = צריך כתובת ש־Twilio יכולה להגיע אליה מהאינטרנט: רשומה ציבורית, מנהרה או פרוקסי
remedy-address-wrong-record = אצל רשם הדומיין, תקנו או הסירו את רשומת ה־{ $kind } של { $host }
remedy-address-proxy = הפנו את הפרוקסי או המנהרה שם אל http://127.0.0.1:8080 של המכונה הזאת; אם הכתובת של מכונה אחרת, תקנו את רשומת ה־{ $kind } של { $host }
remedy-address-listener = בדקו שהמכונה מחוברת לרשת ושחומת אש כאן לא חוסמת את הפורט. מי שמטפל במכונה בודק גם ש־agentlocator-https.socket או הפרוקסי רצים
remedy-address-ports = פתחו בנתב ובחומת האש את הפורטים 80 ו־443, והפנו אותם למכונה הזאת. יש נתבים שלא מפנים בקשות מהרשת של עצמם: פתחו https://{ $host }/livez בטלפון בלי Wi-Fi; אם כתוב שם ok, הכתובת עובדת
remedy-address-no-ipv6 = אם למכונה הזאת אין IPv6, הסירו את רשומת ה־{ $kind }: מנפיקי תעודות מנסים אותה קודם

remedy-ai-model = אשרו אותו בהגדרות הפרויקט ב־OpenAI, או קבעו מודל אחר תחת [openai]
remedy-ai-successor = קבעו את המודל שבא במקומו תחת [openai] (platform.openai.com/docs/deprecations)
remedy-ai-other-values = קבעו ערכים אחרים תחת [openai] (transcription_model, voice, ...) או agent.language
remedy-ai-messages = עד שיתוקן, המתקשרים משאירים הודעה: בדקו את ההגדרות תחת [openai], ואת status.openai.com
remedy-ai-new-key = צרו מפתח חדש ב־platform.openai.com, והזינו אותו כאן או ב־OPENAI_API_KEY
remedy-ai-credit = הוסיפו יתרה או הגדילו את המכסה בחשבון של השירות: { $settings }
remedy-ai-later = זה עובר בתוך דקות; אם זה חוזר, בקשו בחשבון של השירות מגבלה גבוהה יותר
remedy-ai-status = בדקו את החיבור לאינטרנט ואת דף המצב של השירות, ונסו שוב אחר כך
remedy-ai-limits = בדקו את הגבולות והתשלומים של החשבון, ואת status.openai.com
remedy-ai-address = בדקו ששרת ה־AI פועל בכתובת { $url }, ושבכתובת שבהגדרות (openai.base_url) הפורט והנתיב נכונים, למשל /v1
remedy-ai-server = בדקו שב־OPENAI_BASE_URL יש שרת שתואם ל־OpenAI

remedy-pipeline-settings = בדקו את ההגדרות האלה, ואת החשבון שם: { $settings }
remedy-pipeline-slow = בחרו מודל קטן יותר או מכונה מהירה יותר, והשאירו את המודל טעון; ההגדרות: { $settings }
remedy-pipeline-parser = הפעילו את הקריאות לכלים בשרת שב־{ $setting }: ב־vLLM עם --enable-auto-tool-choice ו־--tool-call-parser, ב־llama.cpp עם --jinja; או בחרו מודל שהשרת תומך בכלים שלו
remedy-pipeline-reasoning = כבו את מהלך החשיבה של המודל, או בחרו מודל בלעדיו; השרת שב־{ $setting } יכול להפריד אותו: ב־vLLM עם --reasoning-parser, ב־llama.cpp עם --reasoning-format
remedy-pipeline-address = בדקו שהשרת פועל ושהכתובת שלו נמצאת ב-{ $setting }

remedy-report = דווחו על כך
remedy-bridge-write-less = כתבו פחות ללקוחות שלא כתבו קודם
remedy-bridge-phone = אם הטלפון כבוי או לא מחובר, הדליקו אותו; אם הוא דלוק, קשרו את החשבון מחדש
remedy-bridge-log = חפשו WA_BAILEYS ביומן של שני השירותים, ודווחו על כך

remedy-doctor = הריצו `agentlocator doctor`
remedy-restore = שחזרו גיבוי קודם (agentlocator restore), ושמרו את הקובץ הפגום
remedy-free-space = פנו מקום בדיסק
remedy-jobs-log = הסיבות ביומן (JOB_FAILED)
remedy-hangs = בדקו אם הרשת או הדיסק תקועים, ואז בדקו שוב
