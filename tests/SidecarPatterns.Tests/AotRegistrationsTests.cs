using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>
/// The scenarios that run compiled ahead of time, held to what there is: a registration that none of them makes may work under the JIT alone.
/// </summary>
[TestFixture]
internal sealed class AotRegistrationsTests
{
    private const string Program = "SidecarPatterns.AotTest";
    private const int MemberReferences = 0x0A000000;

    [Test]
    public void Scenarios_AllOfThem_MakeEveryRegistration()
    {
        var made = CalledBy(Assembly.LoadFrom(Path.Combine(ChildProgram.FolderOf(Program), Program + ".dll")));

        var registrations = Packages.Both.SelectMany(RegistrationsOf).ToList();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(registrations, Has.Count.GreaterThan(50), "they were found");
            Assert.That(registrations.Where(method => !made.Contains(Key(method))).Select(static method => $"{method.DeclaringType!.Name}: {method}"), Is.Empty);
        }
    }

    /// <summary>All that returns a builder to chain on, but for what says of itself that it needs the JIT.</summary>
    private static IEnumerable<MethodInfo> RegistrationsOf(Assembly library) =>
        from type in library.GetExportedTypes()
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        where !method.IsSpecialName && method.GetCustomAttribute<RequiresUnreferencedCodeAttribute>() is null
        where IsBuilder(method.ReturnType) || method.ReturnType == type
        where method.IsDefined(typeof(ExtensionAttribute)) || IsBuilder(type) || type == typeof(ConfigurationAgentOptions)
        select method;

    private static bool IsBuilder(Type type) =>
        type == typeof(IServiceCollection) || type.IsGenericMethodParameter || type.Name.Split('`')[0].EndsWith("Builder", StringComparison.Ordinal);

    /// <summary>What a program calls of other assemblies, by the table in which its compiler has listed that.</summary>
    private static HashSet<(Module, int)> CalledBy(Assembly program)
    {
        HashSet<(Module, int)> called = [];
        for (var row = 1; ; row++)
        {
            try
            {
                if (program.ManifestModule.ResolveMember(MemberReferences + row, NoTypes, NoTypes) is MethodBase method)
                {
                    called.Add(Key(method));
                }
            }
            catch (ArgumentOutOfRangeException)
            {
                return called; // There is no such row.
            }
            catch (TypeLoadException)
            {
                // A closure of a generic method of its own, whose parameters stand for something else here.
            }
        }
    }

    private static Type[] NoTypes => [.. Enumerable.Repeat(typeof(int), 8)];

    private static (Module Module, int Token) Key(MethodBase method) => (method.Module, method.MetadataToken);
}
