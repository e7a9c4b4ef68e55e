"""Frequent given and family names of several languages, and random pairs of them: ordinary people for the benchmarks.

Names that statistics offices and telephone books count among the most frequent; who bears a pair of them is nobody in
particular. `ordinary_people(n)` draws languages evenly.
"""

from __future__ import annotations

import random

# given names | family names | what stands between them and which comes first
NAMES: dict[str, tuple[str, str, bool]] = {
    "chinese": (
        "伟 芳 娜 秀英 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀兰 霞 平 刚 桂英 建华 建国 志强 玉兰 婷婷 浩然 子涵 欣怡 宇轩 梓萱 雨桐 思远 晓东 海燕 文静 家豪 俊杰",
        "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 韩 邓 冯 曹 彭 曾 肖 田 董 潘 袁 蔡 蒋 余",
        False,
    ),
    "pinyin": (
        "Wei Fang Na Min Jing Li Qiang Lei Jun Yang Yong Yan Jie Juan Tao Ming Chao Xia Ping Gang Xiuying Guiying Jianhua Jianguo Zhiqiang Yulan Tingting Haoran Zihan Xinyi Yuxuan Yutong Siyuan Xiaodong Haiyan Wenjing Jiahao Junjie",
        "Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo Zheng Liang Xie Song Tang Han Deng Feng Cao Peng Zeng Xiao Tian Dong Pan Yuan Cai Jiang Yu",
        False,
    ),
    "german": (
        "Peter Michael Thomas Andreas Wolfgang Klaus Jürgen Stefan Christian Uwe Frank Markus Maria Ursula Monika Petra Sabine Renate Karin Brigitte Julia Anna Lena Laura Lukas Leon Felix Jonas Paul Maximilian Sophie Katharina Claudia Susanne Heike",
        "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Krause Meier Lehmann Köhler Herrmann König Walter Mayer",
        True,
    ),
    "spanish": (
        "Antonio Manuel José Francisco David Juan Javier Daniel Carlos Jesús Alejandro Miguel Rafael Pedro Pablo Ángel Sergio Fernando María Carmen Ana Isabel Laura Cristina Marta Dolores Lucía Pilar Elena Raquel Rosa Teresa Paula Beatriz Luis",
        "García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Hernández Ruiz Díaz Moreno Muñoz Álvarez Romero Gutiérrez Alonso Navarro Torres Domínguez Ramos Vázquez Ramírez Gil Serrano Morales Molina Blanco Suárez Castro Ortega Delgado",
        True,
    ),
    "indian": (
        "Rahul Amit Sanjay Rajesh Sunil Anil Vijay Ravi Suresh Ramesh Deepak Manoj Ajay Vikram Arjun Rohit Priya Pooja Neha Anjali Sunita Kavita Rekha Geeta Lakshmi Divya Swati Shreya Ananya Aarti Meena Asha Nisha Kiran Arun",
        "Kumar Sharma Singh Gupta Patel Verma Yadav Mishra Reddy Jain Shah Mehta Nair Iyer Rao Das Joshi Pandey Chauhan Agarwal Desai Chatterjee Banerjee Mukherjee Ghosh Pillai Menon Naidu Kulkarni Patil Thakur Malhotra Kapoor Bose Sinha",
        True,
    ),
    "arabic": (
        "محمد أحمد علي حسن حسين عمر خالد يوسف إبراهيم مصطفى محمود سعيد فاطمة عائشة مريم زينب نور سارة هدى ليلى سمير طارق كريم ماجد رامي نبيل عادل وليد جمال هاني",
        "الخطيب النجار الحداد المصري السيد منصور سليمان خليل حمدان العلي صالح عثمان الشامي البكري القاسم الحلبي الزين درويش شاهين عيسى فارس نصار بركات قاسم الصباغ العطار خوري حداد غانم رزق",
        True,
    ),
    "arabic latin": (
        "Mohamed Ahmed Ali Hassan Hussein Omar Khaled Youssef Ibrahim Mustafa Mahmoud Said Fatima Aisha Mariam Zeinab Nour Sara Huda Layla Samir Tarek Karim Majed Rami Nabil Adel Walid Gamal Hani",
        "El-Khatib Najjar Haddad El-Masry Sayed Mansour Soliman Khalil Hamdan Ali Saleh Osman Shami Bakri Kassem Halabi Zein Darwish Shaheen Issa Fares Nassar Barakat Sabbagh Attar Khoury Ghanem Rizk Amin Farouk",
        True,
    ),
    "russian": (
        "Александр Сергей Дмитрий Андрей Алексей Максим Евгений Иван Михаил Николай Владимир Артём Игорь Олег Павел Елена Ольга Наталья Екатерина Анна Татьяна Мария Ирина Светлана Юлия Анастасия Дарья Людмила Галина Марина",
        "Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов Волков Алексеев Лебедев Семёнов Егоров Павлов Козлов Степанов Николаев Орлов Андреев Макаров Никитин Захаров Зайцев Соловьёв Борисов Яковлев Григорьев",
        True,
    ),
    "english": (
        "James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel Matthew Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Emily Emma Olivia Amy George Harry Jack",
        "Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Moore Jackson White Harris Thompson Clark Lewis Robinson Walker Young Allen King Wright Scott Green Baker Adams Nelson Hill Campbell",
        True,
    ),
    "turkish": (
        "Mehmet Mustafa Ahmet Ali Hüseyin Hasan İbrahim İsmail Osman Yusuf Murat Ömer Fatma Ayşe Emine Hatice Zeynep Elif Meryem Şerife Zehra Sultan Merve Büşra Esra Can Emre Burak Cem Deniz",
        "Yılmaz Kaya Demir Çelik Şahin Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Kara Koç Kurt Özkan Şimşek Polat Korkmaz Özcan Çakır Erdoğan Acar Güneş Tekin Avcı Ateş",
        True,
    ),
    "vietnamese": (
        "Anh Hương Lan Linh Mai Hoa Thảo Trang Hà Ngọc Minh Tuấn Hùng Dũng Nam Long Sơn Đức Hải Khánh Phúc Quân Thành Hiếu Bình",
        "Nguyễn Văn|Trần Thị|Lê Văn|Phạm Thị|Hoàng Văn|Huỳnh Thị|Phan Văn|Vũ Thị|Võ Văn|Đặng Thị|Bùi Văn|Đỗ Thị|Hồ Văn|Ngô Thị|Dương Văn",
        False,
    ),
    "indonesian": (
        "Agus Budi Dewi Eko Sri Siti Nur Wahyu Ahmad Muhammad Rina Putri Andi Rudi Yanti Hendra Indah Joko Lestari Bambang",
        "Setiawan Santoso Wijaya Kurniawan Hidayat Saputra Susanto Nugroho Wibowo Pratama Rahayu Purnomo Hartono Gunawan Permana Utomo Siregar Nasution Simanjuntak Sitorus",
        True,
    ),
}  # fmt: skip


def ordinary_people(count: int, seed: int = 20260302) -> list[tuple[str, str]]:
    """(language, full name) of so many ordinary people."""
    draw = random.Random(seed)
    tables = {
        language: (given.split(), family.split("|") if "|" in family else family.split(), first)
        for language, (given, family, first) in NAMES.items()
    }
    out = []
    for number in range(count):
        language = list(tables)[number % len(tables)]
        given, family, given_first = tables[language]
        one, other = draw.choice(given), draw.choice(family)
        words = (one, other) if given_first else (other, one)
        out.append((language, ("" if language == "chinese" else " ").join(words)))
    return out
